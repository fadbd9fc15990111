#!lua flags=no-writes
-- Read a partition's mark, and whether it has data.
-- Keys: the mark, wrapped keys. Arguments: none.
-- Returns: [conversations, field, value, ...]; no fields where there is no mark.
return { redis.call('HLEN', KEYS[2]), unpack(redis.call('HGETALL', KEYS[1])) }
