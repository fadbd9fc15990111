#!lua
-- Delete the content of a file, or a draft, whose time is over.
-- repeat: safe
-- Keys: the bundle; the ends of files; the file. Arguments: {id, n, now}.
-- Returns: 1 when a file lost its content, else 0.
-- needs: keys head blobs
local file = load_file(A.n)
if not file or not file.ready then
  drop_file(A.n, KEYS[29])
  return 0
end
if file.expires and file.expires > A.now then
  return 0
end
redis.call('UNLINK', KEYS[29])
redis.call('ZREM', KEYS[28], A.id .. '/' .. string.format('%d', A.n))
file.expires, file.size = nil, 0
redis.call('HSET', K.blobs, 'i' .. string.format('%d', A.n), cmsgpack.pack(file))
return 1
