#!lua flags=no-writes
-- Read a dead letter.
-- Keys: the bundle. Arguments: {id, n}. Returns: null, or [head, what is clear of it, sealed event, wrapped key].
-- needs: keys
local clear = redis.call('HGET', K.dead, 'c' .. A.n)
if not clear then
  return false
end
return {
  redis.call('HGET', K.head, 'm'), clear, redis.call('HGET', K.dead, 'b' .. A.n), redis.call('HGET', K.keys, A.id),
}
