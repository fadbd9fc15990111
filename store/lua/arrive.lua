#!lua
-- Take an event in: dedupe, create the conversation if need be, append, make it due. One step.
-- durable: yes
-- Keys: the bundle; the note of where the event went (via); the delivery index of the route that the caller knows.
-- Arguments: {id, key, now, item, gen, create, own, only, skip, past, person, ah, address, route, known, wrapped, main}:
--   own: `id` is the arrival's own name, so notes and aliases count, but for the note `skip` and the alias
--   `past`;
--   only: look, write nothing; person: 0 an event of the house, 1 of the person, 2 and it wakes what is held;
--   ah: hash of the address; known: the route that the conversation is believed to have.
-- Returns: ['dup'] | ['via', note] | ['alias', value] | ['new'] (only) | ['stale'] (what the caller knows of the
--   conversation is not true any more; nothing was written) | ['ok', due, next look at deliveries or null where nothing woke].
-- needs: keys head mail rows
if knows(A.key, A.now) then
  return { 'dup' }
end
if A.own then
  local via = redis.call('GET', KEYS[28])
  if via and via ~= A.skip then
    return { 'via', via }
  end
  local alias = A.person > 0 and redis.call('HGET', K.alias, A.id)
  if alias and alias ~= A.past then
    return { 'alias', alias }
  end
end
if A.only then
  return { 'new' }
end
local h = load_head()
if h then
  if h.gen ~= A.gen or A.create or (A.person > 0 and h.route ~= A.known) then
    return { 'stale' }
  end
elseif not A.create or A.gen <= tonumber(redis.call('HGET', K.meta, 'floor') or 0) then
  return { 'stale' }
end

if not h then
  h = {
    gen = A.gen, created = A.now, route = A.route, ah = A.ah, turn = 0, epoch = 0, labels = {}, open = {}, til = 0,
    tries = 0, dtries = 0, dat = 0, last = 0, base = 0, main = A.main,
  }
  redis.call('HSET', K.head, 'a', A.address)
  redis.call('HSET', K.keys, A.id, A.wrapped)
  redis.call('SADD', K.routes, A.route)
elseif A.person > 0 then
  if h.ah ~= A.ah then
    -- The person wrote from another thread: answers go there.
    redis.call('HSET', K.head, 'a', A.address)
    h.ah = A.ah
  end
  if h.route ~= A.route then
    local look = redis.call('ZSCORE', KEYS[29], A.id)
    redis.call('ZREM', KEYS[29], A.id)
    due_at(K.ddue, look or nil)
    redis.call('SADD', K.routes, A.route)
    h.route = A.route
  end
end
post(h, A.item, A.now)
local woken = A.person == 2 and wake_held(h, A.now)
save_head(h)
changed()
return { 'ok', redis.call('ZSCORE', K.due, A.id), woken and redis.call('ZSCORE', K.ddue, A.id) }
