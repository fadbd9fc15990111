#!lua
-- Lease a conversation's turn if it is due: the head of its mailbox, or else its earliest timer.
-- Keys: the bundle. Arguments: {id, now, til, token}.
-- Returns: null when it is not due (its due time is put right), else
--   [head, sealed address, sealed state, sealed timers, item of the mailbox or null for a timer, wrapped key].
-- needs: keys head
local due = redis.call('ZSCORE', K.due, A.id)
if not due or tonumber(due) > A.now then
  return false
end
local h = load_head()
if not h then
  redis.call('ZREM', K.due, A.id)
  return false
end
local item = redis.call('LINDEX', K.mail, 0)
local head
if item then
  head = string.sub(item, 1, 16)
elseif h.tat and h.tat <= A.now then
  head = 't'
else
  due_at(K.due, h.tat)
  return false
end
-- Timers change in commits alone, so a timer claimed twice between two commits is the same one.
h.tries = h.head == head and h.tries + 1 or 1
h.head, h.token, h.til = head, A.token, A.til
save_head(h)
redis.call('ZADD', K.due, A.til, A.id)
return {
  redis.call('HGET', K.head, 'm'), redis.call('HGET', K.head, 'a'), redis.call('HGET', K.head, 's'),
  redis.call('HGET', K.head, 't'), item, redis.call('HGET', K.keys, A.id),
}
