#!lua
-- Find the entry that a provider's id leads to, or keep the receipt as a stray.
-- durable: yes
-- repeat: safe
-- Keys: the id's pointer, strays, their index. Arguments: {hex, now, fresh (strays seen later than that count), rank,
--   stray (8 bytes seen, 1 byte rank, packed receipt), not_this (a pointer that turned out to lead nowhere)}.
-- Returns: the pointer, or null when the receipt was kept or an earlier one outranks it.
local A = cmsgpack.unpack(ARGV[1])
local pointer = redis.call('GET', KEYS[1])
if pointer and pointer ~= A.not_this then
  return pointer
end
if pointer then
  redis.call('DEL', KEYS[1])
end
local known = redis.call('HGET', KEYS[2], A.hex)
if known and struct.unpack('>I8', known) > A.fresh and struct.unpack('B', known, 9) >= A.rank then
  return false
end
redis.call('HSET', KEYS[2], A.hex, A.stray)
redis.call('ZADD', KEYS[3], A.now, A.hex)
return false
