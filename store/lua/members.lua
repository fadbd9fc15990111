#!lua flags=no-writes
-- Read a set.
-- Keys: the set. Arguments: none. Returns: [member, ...].
return redis.call('SMEMBERS', KEYS[1])
