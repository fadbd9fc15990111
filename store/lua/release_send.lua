#!lua
-- Give a delivery back unsent: the attempt does not count.
-- Keys: the bundle. Arguments: {id, gen, token, route, due, now}. Returns: 0 when the lease is lost | another route |
--   [next look or null].
-- needs: keys head rows
local h = load_head()
if not h or h.gen ~= A.gen or h.dtok ~= A.token or not h.dtil then
  return 0
end
if h.route ~= A.route then
  return h.route
end
local seq = h.dseq
local row = get_row(seq)
h.dtil, h.dtok, h.dseq = nil, nil, nil
if place_of(h, seq) then
  row[DUE] = A.due
  put_row(seq, row)
  if #h.open > 1 then
    due_at(K.ddue, A.now)
  else
    due_at(K.ddue, row[KIND] == BOT and row[EXPIRES] >= 0 and math.min(A.due, row[EXPIRES]) or A.due)
  end
else
  due_at(K.ddue, #h.open > 0 and A.now or nil)
end
save_head(h)
return { redis.call('ZSCORE', K.ddue, A.id) }
