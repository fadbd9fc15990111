#!lua flags=no-writes
-- Read the first members of an index of due times.
-- Keys: the index. Arguments: how many. Returns: [member, score, ...], the earliest first.
return redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[1]) - 1, 'WITHSCORES')
