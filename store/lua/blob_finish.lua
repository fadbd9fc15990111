#!lua
-- Make a draft the file of its name, unless one with content is there: then the draft goes.
-- durable: yes
-- Keys: the bundle; the ends of files. Arguments: {id, gen, name, n, expires, head (sealed), bad (there is no content)}.
-- Returns: 1, or 0 when its owner was erased or the draft swept.
-- needs: keys head blobs
local file = draft()
if not file then
  return 0
end
local before = redis.call('HGET', K.blobs, named(A.name))
if before then
  local other = load_file(before)
  if A.bad or not other.bad then
    orphan(A.n, file)
    return 1
  end
  orphan(before, other)
end
file.ready, file.bad = true, A.bad
redis.call('HSET', K.blobs, 'h' .. A.n, A.head, named(A.name), A.n)
save_file(A.n, file, A.expires)
changed()
return 1
