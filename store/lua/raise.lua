#!lua
-- Raise an entry to what a receipt says, if the entry knows the provider's id; keep the receipt for its settling while
-- it is being sent under the pointer's token.
-- durable: yes
-- Keys: the bundle. Arguments: {id, gen, route, seq, token, pid, now, told {state, at, reason, plainly, failed}}.
-- Returns: 'unknown' (nothing written) | another route (nothing written) | 'early' | [due or null, next look or null].
-- needs: keys head mail rows labels wipe raise
local h = load_head()
if not h or h.gen ~= A.gen then
  return 'unknown'
end
if h.route ~= A.route then
  return h.route
end
local pids = redis.call('HGET', K.row, 'p' .. A.seq)
local listed = false
for i = 1, pids and #pids or 0, 16 do
  listed = listed or string.sub(pids, i, i + 15) == A.pid
end
if not listed then
  if h.dtil and h.dtok == A.token then
    redis.call('HSET', K.early, A.pid, cmsgpack.pack(A.told))
    redis.call('PEXPIRE', K.early, 86400000)
    return 'early'
  end
  return 'unknown'
end
raise(h, A.seq, A.told, A.now)
if finish_rest(h, A.now, false) ~= 'gone' then
  save_head(h)
end
return { redis.call('ZSCORE', K.due, A.id), redis.call('ZSCORE', K.ddue, A.id) }
