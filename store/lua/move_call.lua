#!lua
-- Move the end of a call's lease, or give the call back so that the attempt does not count.
-- Keys: the bundle. Arguments: {id, call, token, due, back}. Returns: 1, or 0 when the lease is lost (nothing written).
-- needs: keys
local clear = redis.call('HGET', K.calls, 'c' .. A.call)
local call = clear and cmsgpack.unpack(clear)
if not call or call.token ~= A.token then
  return 0
end
if A.back then
  call.token = nil
  call.tries = call.tries - 1
  redis.call('HSET', K.calls, 'c' .. A.call, cmsgpack.pack(call))
end
redis.call('ZADD', K.cdue, A.due, A.id .. '/' .. A.call)
return 1
