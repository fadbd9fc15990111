#!lua
-- Lease an outside call if it is due.
-- Keys: the bundle. Arguments: {id, call, now, til, token}.
-- Returns: null when it is not due, else [head, sealed address, attempts, sealed call, wrapped key].
-- needs: keys head
local member = A.id .. '/' .. A.call
local due = redis.call('ZSCORE', K.cdue, member)
if not due or tonumber(due) > A.now then
  return false
end
local clear = redis.call('HGET', K.calls, 'c' .. A.call)
if not clear then
  redis.call('ZREM', K.cdue, member)
  return false
end
local call = cmsgpack.unpack(clear)
call.tries = call.tries + 1
call.token = A.token
redis.call('HSET', K.calls, 'c' .. A.call, cmsgpack.pack(call))
redis.call('ZADD', K.cdue, A.til, member)
return {
  redis.call('HGET', K.head, 'm'), redis.call('HGET', K.head, 'a'), call.tries,
  redis.call('HGET', K.calls, 'b' .. A.call), redis.call('HGET', K.keys, A.id),
}
