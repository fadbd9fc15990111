#!lua
-- Delete what is left of a conversation without a key: nobody can read it.
-- repeat: safe
-- Keys: the bundle. Arguments: {id}. Returns: how many keys went.
-- needs: keys
if redis.call('HEXISTS', K.keys, A.id) == 1 then
  return 0
end
return redis.call('DEL', K.head, K.mail, K.log, K.row, K.calls, K.outs, K.dead, K.early)
