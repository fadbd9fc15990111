#!lua flags=no-writes
-- Read the members of an index up to a moment.
-- Keys: the index. Arguments: the moment, how many. Returns: [member, ...], the earliest first.
return redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
