#!lua
-- Store the whole effect of a turn and remove its event, only under the lease's token.
-- durable: yes
-- Keys: the bundle. Arguments: {id, gen, token, key ('' for a timer), route, now, lepoch, epoch, state, timers ('' for
--   none), tat, last (entry so far), labels, entries, calls [[id, sealed]], counts, outcome, dead, expires}.
-- Returns: 'lost' (nothing written) | the conversation's route, when it is not `route` (nothing written) |
--   [due or null, next look at deliveries or null].
-- Errors: CORRUPT when the event is gone though the lease holds.
-- needs: keys head mail rows labels fence
local h, refused = fenced()
if not h then
  return refused
end
pop()
count_days()
release_turn(h)
local waited = #h.open > 0
local added = append(h, A.entries, A.now)
if added > 0 or (waited and A.epoch ~= A.lepoch) then
  -- A new epoch may free entries that wait behind old ones of the bot: have a look at once.
  sooner(K.ddue, math.max(A.now, h.dtil or 0))
end
set_labels(h, A.labels)
for _, call in ipairs(A.calls) do
  if redis.call('HSETNX', K.calls, 'b' .. call[1], call[2]) == 1 then
    redis.call('HSET', K.calls, 'c' .. call[1], cmsgpack.pack({ tries = 0 }))
    redis.call('ZADD', K.cdue, A.now, A.id .. '/' .. call[1])
  end
end
keep_outcome()
if A.dead then
  local n = string.format('%012d', redis.call('HINCRBY', K.meta, 'letter', 1))
  redis.call('HSET', K.dead, 'c' .. n, A.dead[1], 'b' .. n, A.dead[2])
  redis.call('ZADD', K.dead_at, A.now, n .. '/' .. A.id)
end
h.turn = h.turn + 1
h.epoch = A.epoch
h.tat = A.tat
h.expires = A.expires
due_at(K.exp, A.expires)
if A.timers ~= '' then
  redis.call('HSET', K.head, 's', A.state, 't', A.timers)
else
  redis.call('HSET', K.head, 's', A.state)
  redis.call('HDEL', K.head, 't')
end
due_at(K.due, redis.call('LLEN', K.mail) > 0 and A.now or A.tat)
save_head(h)
changed()
return { redis.call('ZSCORE', K.due, A.id), redis.call('ZSCORE', K.ddue, A.id) }
