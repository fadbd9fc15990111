#!lua
-- Begin a file.
-- Keys: the bundle; the ends of files. Arguments: {id, gen, name, expires}.
-- Returns: the file's number, or null when its owner is gone or was erased since.
-- needs: keys head blobs
if not owned() then
  return false
end
local number = redis.call('HINCRBY', K.meta, 'file', 1)
save_file(number, { gen = A.gen, name = A.name, size = 0, ready = false }, A.expires)
return number
