-- Mailboxes and the memory of event ids. An item is 16 bytes event key, 8 bytes at, 8 bytes seen, sealed event.
local SEEN_FOR = 172800000 -- store.rules.SEEN_FOR; a test compares them
-- Added to the time of an event that still waits: such an id never counts as old.
local WAITS = 4503599627370496

-- Say whether this event came already. An id that is too old to count goes at once, before the sweep comes by.
local function knows(key, now)
  local seen = redis.call('ZSCORE', K.seen, key)
  if seen and tonumber(seen) <= now - SEEN_FOR then
    redis.call('ZREM', K.seen, key)
    return false
  end
  return seen
end

-- Append an event unless its id is known, and make the conversation due, keeping a running lease and a backoff.
local function post(h, item, now)
  local key = string.sub(item, 1, 16)
  if knows(key, now) then
    return false
  end
  redis.call('ZADD', K.seen, now + WAITS, key)
  redis.call('RPUSH', K.mail, item)
  sooner(K.due, math.max(now, h.til or 0))
  return true
end

-- An event waits no more: from now on its id grows old.
local function remember(item)
  redis.call('ZADD', K.seen, struct.unpack('>I8', item, 25), string.sub(item, 1, 16))
end
