#!lua
-- Write a record, if it has the expected version.
-- durable: yes
-- Keys: the records of a kind, their keys in order, ends of records (`kind 0x1f key`), the kinds.
-- Arguments: key, now, expires ('' for never), expected version ('' for any), sealed value, member of the ends, the kind.
-- Returns: the new version, or null when another one was expected (nothing written).
local found = redis.call('HGET', KEYS[1], ARGV[1])
local current = 0
if found then
  local version, expires = string.match(found, '^(%d+):(%d*):')
  if expires == '' or tonumber(expires) > tonumber(ARGV[2]) then
    current = tonumber(version)
  end
end
if ARGV[4] ~= '' and tonumber(ARGV[4]) ~= current then
  return false
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d:%s:', current + 1, ARGV[3]) .. ARGV[5])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('SADD', KEYS[4], ARGV[7])
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[3], ARGV[6])
else
  redis.call('ZADD', KEYS[3], ARGV[3], ARGV[6])
end
return current + 1
