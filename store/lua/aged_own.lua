#!lua
-- Remove fields of a conversation's table whose members in an index are old enough; each member has one or two fields.
-- repeat: safe
-- Keys: the table, the index. Arguments: until when; member, field, field or '' for each.
-- Returns: how many members went.
local gone = 0
for i = 2, #ARGV, 3 do
  local at = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if at and tonumber(at) <= tonumber(ARGV[1]) then
    redis.call('ZREM', KEYS[2], ARGV[i])
    redis.call('HDEL', KEYS[1], ARGV[i + 1], ARGV[i + 2])
    gone = gone + 1
  end
end
return gone
