#!lua flags=no-writes
-- Read a part of an index by place.
-- Keys: the index. Arguments: first place, last place. Returns: [member, score, ...].
return redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
