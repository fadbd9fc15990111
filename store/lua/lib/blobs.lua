-- Files of a conversation, in one table: `i<number>` what is clear about it {gen, name, size, ready, bad, expires},
-- `h<number>` its sealed head, `f<generation>/<name>` the number of the finished file of that name. Chunks lie in a key
-- of their own for each file. `ends` holds `<conversation>/<number>` by when its content is over.

-- Say whether the conversation is still the one that the file's key names.
local function owned()
  local h = load_head()
  return h and h.gen == A.gen
end

local function named(name, gen)
  return 'f' .. string.format('%d', gen or A.gen) .. '/' .. name
end

local function load_file(number)
  local packed = redis.call('HGET', K.blobs, 'i' .. string.format('%d', number))
  return packed and cmsgpack.unpack(packed)
end

-- Write what is known of a file; with `expires` also when it is over.
local function save_file(number, file, expires)
  local field = string.format('%d', number)
  if expires then
    file.expires = expires
    redis.call('ZADD', KEYS[28], expires, A.id .. '/' .. field)
  end
  redis.call('HSET', K.blobs, 'i' .. field, cmsgpack.pack(file))
end

-- Return the draft that the arguments name, if it is still one.
local function draft()
  local file = owned() and load_file(A.n)
  return file and file.gen == A.gen and file.name == A.name and not file.ready and not file.orphan and file
end

-- A file that nobody finds any more: the next sweep takes it. It belongs to no generation.
local function orphan(number, file)
  file.ready, file.orphan, file.gen = false, true, -1
  redis.call('HDEL', K.blobs, 'h' .. string.format('%d', number))
  save_file(number, file, 1)
end

-- Delete all of a file but the place under its name.
local function drop_file(number, key)
  local field = string.format('%d', number)
  redis.call('UNLINK', key)
  redis.call('HDEL', K.blobs, 'i' .. field, 'h' .. field)
  redis.call('ZREM', KEYS[28], A.id .. '/' .. field)
end
