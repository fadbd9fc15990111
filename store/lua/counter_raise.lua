#!lua
-- Raise a counter; its first raise sets when it vanishes.
-- Keys: counters, their ends. Arguments: `kind 0x1f key`, now, expires.
-- Returns: its value.
local found = redis.call('HGET', KEYS[1], ARGV[1])
local count, ends = 0, ARGV[3]
if found then
  local n, till = string.match(found, '^(%d+):(%d+)$')
  if tonumber(till) > tonumber(ARGV[2]) then
    count, ends = tonumber(n), till
  end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d:%s', count + 1, ends))
redis.call('ZADD', KEYS[2], ends, ARGV[1])
return count + 1
