#!lua
-- Erase a person within a commit: the old generation goes as a whole, a new one under a new key holds the address, the
-- confirmation (its rest) and the waiting events.
-- durable: yes
-- Keys: the bundle. Arguments: as in commit, and {fresh (the new generation), wrapped, address, ah, mail (the sealed
--   items of the mailbox behind the handled event, anew)}.
-- Returns: 'lost' | another route | 'stale' when the address or the mailbox is not what the caller sealed anew (nothing
--   written in all three cases) | [names that led here, due or null, next look or null].
-- Errors: CORRUPT when the event is gone though the lease holds.
-- needs: keys head mail rows labels wipe fence
local h, refused = fenced()
if not h then
  return refused
end
local waiting = redis.call('LLEN', K.mail) - (A.key ~= '' and 1 or 0)
if h.ah ~= A.ah or waiting ~= #A.mail then
  return 'stale'
end
pop()
count_days()
local names = cmsgpack.pack(h.names or {})
local old_last = h.last
empty(h)
redis.call('DEL', K.head, K.mail)
redis.call('HSET', K.keys, A.id, A.wrapped)
redis.call('HSET', K.head, 'a', A.address)
for _, item in ipairs(A.mail) do
  redis.call('RPUSH', K.mail, item)
end
h = {
  gen = A.fresh, created = A.now, route = h.route, ah = h.ah, turn = 0, epoch = 0, labels = {}, open = {}, til = 0,
  tries = 0, dtries = 0, dat = 0, last = old_last, base = old_last, erased = A.now,
}
local added = append(h, A.entries, A.now)
h.rest = h.last
keep_outcome()
redis.call('ZADD', K.rest, A.now, A.id)
due_at(K.due, waiting > 0 and A.now or nil)
due_at(K.ddue, added > 0 and A.now or nil)
changed()
if finish_rest(h, A.now, false) ~= 'gone' then
  save_head(h)
end
return { names, redis.call('ZSCORE', K.due, A.id), redis.call('ZSCORE', K.ddue, A.id) }
