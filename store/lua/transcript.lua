#!lua flags=no-writes
-- Read lines of a transcript: behind seq `after`, or the last `-after` ones; up to `limit`.
-- Keys: the bundle. Arguments: {id, after, limit}.
-- Returns: null, or [head, wrapped key, seq of the first line, [sealed entry, ...], [row or null, reason or null, ...]].
-- needs: keys head
local h = load_head()
if not h then
  return false
end
local first = A.after < 0 and math.max(h.base + 1, h.last + A.after + 1) or math.max(h.base, A.after) + 1
local last = math.min(h.last, first + A.limit - 1)
local entries, rows = {}, {}
if last >= first then
  entries = redis.call('LRANGE', K.log, first - h.base - 1, last - h.base - 1)
  for seq = first, last do
    local found = redis.call('HMGET', K.row, seq, 'r' .. seq)
    rows[#rows + 1] = found[1]
    rows[#rows + 1] = found[2]
  end
end
return { redis.call('HGET', K.head, 'm'), redis.call('HGET', K.keys, A.id), first, entries, rows }
