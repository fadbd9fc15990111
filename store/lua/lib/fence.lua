-- The fence of a commit: the lease must be the last one claimed, and its event must still be there.
-- Gives up with `return` values of the script: 'lost', 'route' (deliveries of another account now) or an error.
local function fenced()
  local h = load_head()
  if not h or h.gen ~= A.gen or h.token ~= A.token then
    return nil, 'lost'
  end
  if h.route ~= A.route then
    return nil, h.route
  end
  if A.key ~= '' then
    local item = redis.call('LINDEX', K.mail, 0)
    if not item or string.sub(item, 1, 16) ~= A.key then
      return nil, redis.error_reply('CORRUPT the event is gone from the mailbox though its lease holds')
    end
  elseif h.head ~= 't' then
    return nil, redis.error_reply('CORRUPT the timer is gone though its lease holds')
  end
  if h.last ~= A.last then
    return nil, redis.error_reply('CORRUPT the transcript grew though the lease holds')
  end
  return h
end

-- Take the handled event off the mailbox; its id stays known.
local function pop()
  if A.key ~= '' then
    remember(redis.call('LPOP', K.mail))
  end
end

local function release_turn(h)
  h.token, h.head, h.tries, h.til = nil, nil, 0, 0
end

local function count_days()
  for _, name in ipairs(A.counts) do
    redis.call('HINCRBY', K.count, name, 1)
  end
end

-- Keep what became of the event, for the one who caused it: {32 hex of the event key, sealed}.
local function keep_outcome()
  if A.outcome then
    redis.call('HSET', K.outs, A.outcome[1], struct.pack('>I8', A.now) .. A.outcome[2])
    redis.call('ZADD', K.outs_at, A.now, A.id .. A.outcome[1])
  end
end
