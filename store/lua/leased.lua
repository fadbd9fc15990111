#!lua flags=no-writes
-- Read what a commit needs of a lease that this process did not claim.
-- Keys: the bundle. Arguments: {id, gen, token}. Returns: null when the lease is lost, else
--   [event key of the mailbox's head or null, sealed timers, number of the last entry].
-- needs: keys head
local h = load_head()
if not h or h.gen ~= A.gen or h.token ~= A.token then
  return false
end
local item = h.head ~= 't' and redis.call('LINDEX', K.mail, 0)
return { item and string.sub(item, 1, 16), redis.call('HGET', K.head, 't'), h.last }
