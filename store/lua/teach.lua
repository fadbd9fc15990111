#!lua
-- Tell a conversation whose it is, and under which names.
-- durable: yes
-- repeat: safe
-- Keys: the bundle. Arguments: {id, gen, route, main, names (added to the known ones), wake, now}.
-- Returns: 'gone' | another route (nothing written in both cases) | [next look or null].
-- needs: keys head rows
local h = load_head()
if not h or h.gen ~= A.gen then
  return 'gone'
end
if h.route ~= A.route then
  return h.route
end
h.main = A.main
local names = h.names or {}
for _, name in ipairs(A.names) do
  local known = false
  for _, one in ipairs(names) do
    known = known or one == name
  end
  if not known then
    names[#names + 1] = name
  end
end
h.names = #names > 0 and names or nil
if A.wake and wake_held(h, A.now) then
  changed()
end
save_head(h)
return { redis.call('ZSCORE', K.ddue, A.id) }
