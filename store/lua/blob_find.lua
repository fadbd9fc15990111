#!lua flags=no-writes
-- Find files of a conversation by name.
-- Keys: the bundle. Arguments: {id, gen, names}.
-- Returns: null when their owner is gone or was erased since, else for each name [] or
--   [number, expires or null when the content is gone, sealed head].
-- needs: keys head blobs
if not owned() then
  return false
end
local found = {}
for i, name in ipairs(A.names) do
  local number = redis.call('HGET', K.blobs, named(name))
  local file = number and load_file(number)
  found[i] = file and { tonumber(number), file.expires or false, redis.call('HGET', K.blobs, 'h' .. number) } or {}
end
return found
