#!lua
-- Delete files of an erased owner. Without numbers nothing of that generation is left: then its mark goes.
-- repeat: safe
-- Keys: the bundle; the ends of files; the files. Arguments: {id, gen, numbers}.
-- Returns: how many went.
-- needs: keys head blobs
for i, number in ipairs(A.numbers) do
  local file = load_file(number)
  if file then
    redis.call('HDEL', K.blobs, named(file.name, file.gen))
  end
  drop_file(number, KEYS[28 + i])
end
if #A.numbers == 0 then
  redis.call('SREM', K.blobgone, A.id .. '/' .. string.format('%d', A.gen))
end
return #A.numbers
