#!lua
-- Move the end of a delivery's lease.
-- Keys: the bundle. Arguments: {id, gen, token, route, til}. Returns: 1 | 0 when the lease is lost | another route.
-- needs: keys head
local h = load_head()
if not h or h.gen ~= A.gen or h.dtok ~= A.token or not h.dtil then
  return 0
end
if h.route ~= A.route then
  return h.route
end
h.dtil = A.til
save_head(h)
redis.call('ZADD', K.ddue, A.til, A.id)
return 1
