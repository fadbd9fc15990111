#!lua
-- Forget a name, if it still leads to that conversation.
-- repeat: safe
-- Keys: the bundle of the name. Arguments: {id (the name), to}. Returns: 1 or 0.
-- needs: keys
if redis.call('HGET', K.alias, A.id) ~= A.to then
  return 0
end
return redis.call('HDEL', K.alias, A.id)
