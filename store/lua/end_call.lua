#!lua
-- Remove a call: settled under its token, or cancelled.
-- Keys: the bundle. Arguments: {id, call, token (nil: cancelled)}. Returns: 1, or 0 when there is none or its lease is
-- lost (nothing written).
-- needs: keys
local clear = redis.call('HGET', K.calls, 'c' .. A.call)
if not clear or (A.token and cmsgpack.unpack(clear).token ~= A.token) then
  return 0
end
redis.call('HDEL', K.calls, 'c' .. A.call, 'b' .. A.call)
redis.call('ZREM', K.cdue, A.id .. '/' .. A.call)
return 1
