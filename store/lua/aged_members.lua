#!lua
-- Remove the members of an index that are old enough.
-- repeat: safe
-- Keys: the index. Arguments: until when, how many. Returns: how many went.
local over = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
if #over > 0 then
  redis.call('ZREM', KEYS[1], unpack(over))
end
return #over
