#!lua
-- Keep a chunk of a draft.
-- repeat: safe
-- Keys: the bundle; the ends of files; the file. Arguments: {id, gen, name, n (the file), i (the chunk), size}; the
--   sealed chunk.
-- Returns: 1, or 0 when its owner was erased or the draft swept.
-- needs: keys head blobs
local file = draft()
if not file then
  return 0
end
-- Sent once more after a lost answer it is counted once.
if redis.call('HEXISTS', KEYS[29], A.i) == 0 then
  file.size = file.size + A.size
  save_file(A.n, file)
end
redis.call('HSET', KEYS[29], A.i, ARGV[2])
return 1
