#!lua flags=no-writes
-- Read a table.
-- Keys: the table. Arguments: none. Returns: [field, value, ...].
return redis.call('HGETALL', KEYS[1])
