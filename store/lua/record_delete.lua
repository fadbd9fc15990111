#!lua
-- Remove a record.
-- durable: yes
-- Keys: the records of a kind, their keys in order, ends of records. Arguments: key, member of the ends.
-- Returns: 1, or 0 when there was none.
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[2])
return redis.call('HDEL', KEYS[1], ARGV[1])
