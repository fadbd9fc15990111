-- Deliveries: the packed row of each entry that goes out (store.redis_rows.Row), and the list of the open ones.
local KIND, EPOCH, EXPIRES, STATE, DUE, TRIES, MISSED, MAYBE, PLAIN, BACK, CHANGED, AT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
local BOT, CRISIS = 0, 1
local PENDING, HELD, UNCERTAIN, SENT, DELIVERED, READ, FAILED, DROPPED = 0, 1, 2, 3, 4, 5, 6, 7

local function get_row(seq)
  local packed = redis.call('HGET', K.row, seq)
  return packed and cmsgpack.unpack(packed)
end

local function put_row(seq, row)
  redis.call('HSET', K.row, seq, cmsgpack.pack(row))
end

local function set_reason(seq, reason)
  if reason and reason ~= '' then
    redis.call('HSET', K.row, 'r' .. seq, reason)
  else
    redis.call('HDEL', K.row, 'r' .. seq)
  end
end

local function place_of(h, seq)
  for i, one in ipairs(h.open) do
    if one == seq then
      return i
    end
  end
end

-- Write when the oldest undelivered entry was written, for the metrics.
local function note_oldest(h)
  local first = h.open[1]
  due_at(K.old, first and get_row(first)[AT])
end

-- Take an entry off the open ones.
local function close_row(h, seq)
  local place = place_of(h, seq)
  if not place then
    return
  end
  table.remove(h.open, place)
  redis.call('HINCRBY', K.meta, 'open', -1)
  if place == 1 then
    note_oldest(h)
  end
end

-- Put an entry among the open ones again, in its place.
local function open_row(h, seq)
  if place_of(h, seq) then
    return
  end
  local place = #h.open + 1
  while place > 1 and h.open[place - 1] > seq do
    place = place - 1
  end
  table.insert(h.open, place, seq)
  redis.call('HINCRBY', K.meta, 'open', 1)
  if place == 1 then
    note_oldest(h)
  end
end

-- Make what is held due; say whether there was anything.
local function wake_held(h, now)
  if not h.held then
    return false
  end
  local woken = false
  for _, seq in ipairs(h.open) do
    local row = get_row(seq)
    if row[STATE] == HELD then
      row[STATE], row[DUE] = PENDING, now
      put_row(seq, row)
      woken = true
    end
  end
  h.held = nil
  if woken then
    sooner(K.ddue, math.max(now, h.dtil or 0))
  end
  return woken
end

-- Append entries: {sealed body, kind or -1, epoch, expires or -1, at} each. Return how many are to be delivered.
local function append(h, entries, now)
  local added = 0
  for _, entry in ipairs(entries) do
    h.last = h.last + 1
    redis.call('RPUSH', K.log, entry[1])
    if entry[2] >= 0 then
      put_row(h.last, { entry[2], entry[3], entry[4], PENDING, now, 0, 0, 0, 0, 0, now, entry[5] })
      h.open[#h.open + 1] = h.last
      added = added + 1
      if #h.open == 1 then
        redis.call('ZADD', K.old, entry[5], A.id)
      end
    end
  end
  if added > 0 then
    redis.call('HINCRBY', K.meta, 'open', added)
  end
  return added
end
