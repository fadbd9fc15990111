#!lua flags=no-writes
-- Read a chunk.
-- Keys: the file. Arguments: number of the chunk. Returns: the sealed chunk, or null.
return redis.call('HGET', KEYS[1], ARGV[1])
