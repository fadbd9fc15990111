#!lua
-- Remove the fields of a table whose time is over.
-- repeat: safe
-- Keys: the table, the index of its fields by time. Arguments: until when, how many.
-- Returns: how many went.
local over = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
if #over > 0 then
  redis.call('HDEL', KEYS[1], unpack(over))
  redis.call('ZREM', KEYS[2], unpack(over))
end
return #over
