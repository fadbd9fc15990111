#!lua flags=no-writes
-- Read the index of labels.
-- Keys: the index. Arguments: lowest member (with its bracket), highest, how many. Returns: [member, ...].
return redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, tonumber(ARGV[3]))
