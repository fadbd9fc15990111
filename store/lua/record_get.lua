#!lua flags=no-writes
-- Read a record.
-- Keys: the records of a kind. Arguments: its key, now.
-- Returns: null when there is none or it is over, else `version:expires:sealed` (no expires: never).
local found = redis.call('HGET', KEYS[1], ARGV[1])
if not found then
  return false
end
local expires = string.match(found, '^%d+:(%d*):')
return (expires == '' or tonumber(expires) > tonumber(ARGV[2])) and found or false
