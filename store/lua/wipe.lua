#!lua
-- Delete a conversation with its key; the ids of its events stay known.
-- durable: yes
-- Keys: the bundle. Arguments: {id, gen, route, over}; with `over` (a moment) only if its expiry came before that, and
--   nothing waits for it: {over, long} where a conversation expired before `long` goes in any case.
-- Returns: 'gone' when there is no such conversation of that generation, 'stays' when it is not over (nothing written in
--   both cases) | another route (nothing written) | [names that led here].
-- needs: keys head mail rows labels wipe
local h = load_head()
if not h or h.gen ~= A.gen then
  return 'gone'
end
if h.route ~= A.route then
  return h.route
end
if A.over then
  if not h.expires or h.expires > A.over then
    return 'stays'
  end
  if h.expires > A.long then
    if redis.call('LLEN', K.mail) > 0 then
      return 'stays'
    end
    for _, seq in ipairs(h.open) do
      if get_row(seq)[KIND] ~= BOT then
        return 'stays'
      end
    end
  end
end
local names = cmsgpack.pack(h.names or {})
wipe(h)
return { names }
