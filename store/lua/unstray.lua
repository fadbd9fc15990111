#!lua
-- Forget a stray receipt that was applied, unless another one took its place.
-- repeat: safe
-- Keys: strays, their index. Arguments: hex of the id, the stray as it was read. Returns: 1 or 0.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
