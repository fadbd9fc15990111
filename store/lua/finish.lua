#!lua
-- End what remains of an erased person, delivered or not.
-- durable: yes
-- Keys: the bundle. Arguments: {id, route, now, before}. Returns: another route (nothing written) | 1 | 0 when there is
--   no rest from `before` or earlier.
-- needs: keys head mail rows labels wipe
local h = load_head()
if not h or not h.erased or h.erased > A.before then
  return 0
end
if h.route ~= A.route then
  return h.route
end
if finish_rest(h, A.now, true) == 'over' then
  save_head(h)
end
return 1
