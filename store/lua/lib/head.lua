-- The head of a conversation: everything clear about it, one packed map. Its fields are store.redis_rows.Head.
local function load_head()
  local packed = redis.call('HGET', K.head, 'm')
  return packed and cmsgpack.unpack(packed)
end

local function save_head(h)
  redis.call('HSET', K.head, 'm', cmsgpack.pack(h))
end

-- Mark as changed: the partition's counter goes up, and the conversation stands in the index under its number.
local function changed()
  local n = redis.call('HINCRBY', K.meta, 'change', 1)
  redis.call('ZADD', K.chg, n, A.id)
end

-- Make due at `at` or keep an earlier moment.
local function sooner(index, at)
  redis.call('ZADD', index, 'LT', at, A.id)
end

-- Make due at exactly `at`; never, when it is nil.
local function due_at(index, at)
  if at then
    redis.call('ZADD', index, at, A.id)
  else
    redis.call('ZREM', index, A.id)
  end
end
