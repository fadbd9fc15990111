#!lua
-- Replace a wrapped data key, if it is still the one that was read.
-- durable: yes
-- repeat: safe
-- Keys: wrapped keys. Arguments: the conversation, the old value, the new one. Returns: 1 or 0.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
