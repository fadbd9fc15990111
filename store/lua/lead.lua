#!lua
-- Let a name lead to a conversation.
-- durable: yes
-- repeat: safe
-- Keys: the bundle of the name. Arguments: {id (the name), to (`conversation/generation`, or '' for itself)}.
-- Returns: the head of the conversation of that very name, or null: one may have begun since the caller looked.
-- needs: keys
if A.to == '' then
  redis.call('HDEL', K.alias, A.id)
else
  redis.call('HSET', K.alias, A.id, A.to)
end
return redis.call('HGET', K.head, 'm')
