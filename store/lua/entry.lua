#!lua flags=no-writes
-- Read one entry of a conversation.
-- Keys: the bundle. Arguments: {id, gen, seq}. Returns: null when there is no such entry, else
--   [head, sealed entry, wrapped key].
-- needs: keys head
local h = load_head()
if not h or h.gen ~= A.gen or A.seq <= h.base or A.seq > h.last then
  return false
end
return { redis.call('HGET', K.head, 'm'), redis.call('LINDEX', K.log, A.seq - h.last - 1), redis.call('HGET', K.keys, A.id) }
