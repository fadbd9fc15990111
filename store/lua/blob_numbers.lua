#!lua flags=no-writes
-- List the files of one generation of a conversation.
-- Keys: the bundle. Arguments: {id, gen}. Returns: [number, ...].
-- needs: keys head blobs
local found = {}
for _, field in ipairs(redis.call('HKEYS', K.blobs)) do
  local number = string.match(field, '^i(%d+)$')
  if number and load_file(number).gen == A.gen then
    found[#found + 1] = tonumber(number)
  end
end
return found
