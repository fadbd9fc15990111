#!lua flags=no-writes
-- Read the day counters of one partition.
-- Keys: the counters. Arguments: none. Returns: [`day \x1f name`, count, ...].
return redis.call('HGETALL', KEYS[1])
