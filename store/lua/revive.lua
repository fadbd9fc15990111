#!lua
-- Put a dead letter's event back at the end of its mailbox.
-- durable: yes
-- Keys: the bundle. Arguments: {id, gen, n, item, now}.
-- Returns: 0 when there is no such letter (nothing written) | [due or null].
-- needs: keys head mail
local h = load_head()
if not h or h.gen ~= A.gen or redis.call('HEXISTS', K.dead, 'c' .. A.n) == 0 then
  return 0
end
redis.call('HDEL', K.dead, 'c' .. A.n, 'b' .. A.n)
redis.call('ZREM', K.dead_at, A.n .. '/' .. A.id)
if post(h, A.item, A.now) then
  changed()
end
return { redis.call('ZSCORE', K.due, A.id) }
