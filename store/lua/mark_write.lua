#!lua
-- Write fields of a partition's mark; those that must not change only if they are not there.
-- durable: yes
-- repeat: safe
-- Keys: the mark. Arguments: field, value, 1 to keep what is there or 0 to replace it, for each; the value nil is ''
--   and removes the field.
-- Returns: the store's id as it is now, or null.
for i = 1, #ARGV, 3 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  elseif ARGV[i + 2] == '1' then
    redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return redis.call('HGET', KEYS[1], 'store')
