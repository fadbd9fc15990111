#!lua
-- Remove records of one kind that are over.
-- repeat: safe
-- Keys: the records of the kind, their keys in order, ends of records. Arguments: now, the kind with its 0x1f, keys.
-- Returns: how many went; one that was written anew meanwhile stays.
local gone = 0
for i = 3, #ARGV do
  local ends = redis.call('ZSCORE', KEYS[3], ARGV[2] .. ARGV[i])
  if ends and tonumber(ends) <= tonumber(ARGV[1]) then
    redis.call('ZREM', KEYS[3], ARGV[2] .. ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
    gone = gone + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return gone
