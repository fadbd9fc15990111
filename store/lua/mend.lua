#!lua
-- Look whether a conversation stands in the indexes as it should, and put it there.
-- repeat: safe
-- Keys: the bundle. Arguments: {id, route, now, mend}.
-- Returns: another route (nothing written) | [what is wrong: 'head', 'turn', 'delivery', 'expiry', 'open'].
-- needs: keys head
local h = load_head()
if not h then
  -- A key without a conversation: nothing was sealed with it that is still there.
  if A.mend and redis.call('HEXISTS', K.keys, A.id) == 1 then
    redis.call('HDEL', K.keys, A.id)
  end
  return { 'head' }
end
if h.route ~= A.route then
  return h.route
end
local wrong = {}
local function missing(what, index, at)
  if at and not redis.call('ZSCORE', index, A.id) then
    wrong[#wrong + 1] = what
    if A.mend then
      redis.call('ZADD', index, at, A.id)
    end
  end
end
missing('turn', K.due, (redis.call('LLEN', K.mail) > 0 and A.now) or h.tat)
missing('delivery', K.ddue, #h.open > 0 and A.now or nil)
missing('expiry', K.exp, h.expires)
if redis.call('SISMEMBER', K.routes, h.route) == 0 then
  wrong[#wrong + 1] = 'delivery'
  if A.mend then
    redis.call('SADD', K.routes, h.route)
  end
end
return wrong
