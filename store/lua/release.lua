#!lua
-- Give a turn's lease back: the attempt does not count, and the backoff is kept in `til`, which ingest respects.
-- Keys: the bundle. Arguments: {id, gen, token, til}. Returns: 1, or 0 when the lease is lost (nothing written).
-- needs: keys head
local h = load_head()
if not h or h.gen ~= A.gen or h.token ~= A.token then
  return 0
end
h.token = nil
h.til = A.til
h.tries = h.tries - 1
save_head(h)
redis.call('ZADD', K.due, A.til, A.id)
return 1
