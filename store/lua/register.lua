#!lua
-- Let a provider's id lead to an entry, before its send is settled; read the receipt that came before.
-- durable: yes
-- repeat: safe
-- Keys: the id's pointer, the partition's strays. Arguments: pointer, hex of the id, life of the pointer in milliseconds
--   ('' to look only).
-- Returns: the stray or null.
if ARGV[1] ~= '' then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
end
return redis.call('HGET', KEYS[2], ARGV[2])
