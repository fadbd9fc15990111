#!lua flags=no-writes
-- Read all of a conversation but its files, for a store that is carried over.
-- Keys: the bundle; the ends of files. Arguments: {id, route}.
-- Returns: null when there is none | another route | [head, address, state, timers, [end of backoff, attempts for what is
--   next, rest or null], wrapped key, due, next look, mailbox, transcript, rows, calls, [due of each call], outcomes,
--   letters, [time of each letter], files], the tables flat.
-- needs: keys head
local h = load_head()
if not h then
  return false
end
if h.route ~= A.route then
  return h.route
end
local function all(key)
  return redis.call('HGETALL', key)
end
local calls, letters, call_due, letter_at = all(K.calls), all(K.dead), {}, {}
for i = 1, #calls, 2 do
  call_due[#call_due + 1] = redis.call('ZSCORE', K.cdue, A.id .. '/' .. string.sub(calls[i], 2)) or '0'
end
for i = 1, #letters, 2 do
  letter_at[#letter_at + 1] = redis.call('ZSCORE', K.dead_at, string.sub(letters[i], 2) .. '/' .. A.id) or '0'
end
local first = redis.call('LINDEX', K.mail, 0)
local head = first and string.sub(first, 1, 16) or 't'
return {
  redis.call('HGET', K.head, 'm'), redis.call('HGET', K.head, 'a'), redis.call('HGET', K.head, 's'),
  redis.call('HGET', K.head, 't'), { h.til or 0, h.head == head and h.tries or 0, h.rest or false },
  redis.call('HGET', K.keys, A.id), redis.call('ZSCORE', K.due, A.id), redis.call('ZSCORE', K.ddue, A.id),
  redis.call('LRANGE', K.mail, 0, -1), redis.call('LRANGE', K.log, 0, -1), all(K.row), calls, call_due,
  all(K.outs), letters, letter_at, all(K.blobs),
}
