-- Erasure. Loops run over what one conversation holds.

-- Remove the sealed things of a table from the index in which they stand as `member(field)`.
local function drop_table(key, index, member)
  for _, field in ipairs(redis.call('HKEYS', key)) do
    redis.call('ZREM', index, member(field))
  end
  redis.call('DEL', key)
end

-- Delete what a conversation owns, apart from its head and mailbox.
local function empty(h)
  set_labels(h, {})
  -- A data key goes: the file in which commands are kept is to be written anew, without it.
  redis.call('HINCRBY', K.meta, 'wiped', 1)
  if #h.open > 0 then
    redis.call('HINCRBY', K.meta, 'open', -#h.open)
  end
  h.open = {}
  drop_table(K.calls, K.cdue, function(field) return A.id .. '/' .. string.sub(field, 2) end)
  drop_table(K.dead, K.dead_at, function(field) return string.sub(field, 2) .. '/' .. A.id end)
  drop_table(K.outs, K.outs_at, function(field) return A.id .. field end)
  redis.call('DEL', K.log, K.row, K.early)
  redis.call('ZREM', K.old, A.id)
  redis.call('ZREM', K.exp, A.id)
  redis.call('ZREM', K.rest, A.id)
  if redis.call('EXISTS', K.blobs) == 1 then
    redis.call('SADD', K.blobgone, A.id .. '/' .. string.format('%d', h.gen))
  end
  local floor = tonumber(redis.call('HGET', K.meta, 'floor') or 0)
  if h.gen > floor then
    redis.call('HSET', K.meta, 'floor', h.gen)
  end
end

-- Delete a conversation with its key. The ids of its events stay known.
local function wipe(h)
  redis.call('HDEL', K.keys, A.id)
  empty(h)
  for _, item in ipairs(redis.call('LRANGE', K.mail, 0, -1)) do
    remember(item)
  end
  redis.call('DEL', K.head, K.mail)
  redis.call('ZREM', K.due, A.id)
  redis.call('ZREM', K.ddue, A.id)
  redis.call('ZREM', K.chg, A.id)
  redis.call('HINCRBY', K.meta, 'change', 1)
end

-- Delete what remains of an erased person once it is delivered, or `due`, and a conversation that was nothing else.
-- Return nil when nothing was over, 'gone' when the conversation went, 'over' when it goes on. Saves no head.
local function finish_rest(h, now, due)
  if not h.erased then
    return nil
  end
  local left = {}
  for _, seq in ipairs(h.open) do
    if seq <= h.rest then
      left[#left + 1] = seq
    end
  end
  if #left > 0 and not due then
    return nil
  end
  if h.turn == 0 and redis.call('LLEN', K.mail) == 0 then
    wipe(h)
    return 'gone'
  end
  for _, seq in ipairs(left) do
    close_row(h, seq)
  end
  for seq = h.base + 1, h.rest do
    redis.call('HDEL', K.row, seq, 'r' .. seq, 'p' .. seq)
    redis.call('LPOP', K.log)
  end
  h.base = math.max(h.base, h.rest)
  h.erased = nil
  h.rest = nil
  redis.call('ZREM', K.rest, A.id)
  if h.dseq and h.dseq <= h.base then
    -- A send under way loses its lease when its entry goes.
    h.dtil, h.dtok, h.dseq = nil, nil, nil
  end
  due_at(K.ddue, #h.open > 0 and now or nil)
  changed()
  return 'over'
end
