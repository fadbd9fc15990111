#!lua
-- Move the end of a turn's lease.
-- Keys: the bundle. Arguments: {id, gen, token, til}. Returns: 1, or 0 when the lease is lost (nothing written).
-- needs: keys head
local h = load_head()
if not h or h.gen ~= A.gen or h.token ~= A.token then
  return 0
end
h.til = A.til
save_head(h)
redis.call('ZADD', K.due, A.til, A.id)
return 1
