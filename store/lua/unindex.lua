#!lua
-- Count members of an index whose conversation is not there, or remove them.
-- repeat: safe
-- Keys: wrapped keys, the index. Arguments: 1 to remove; conversation, member for each. Returns: how many.
local gone = 0
for i = 2, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 0 then
    gone = gone + (ARGV[1] == '1' and redis.call('ZREM', KEYS[2], ARGV[i + 1]) or 1)
  end
end
return gone
