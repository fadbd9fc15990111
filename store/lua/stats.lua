#!lua flags=no-writes
-- Count for the metrics, in one partition.
-- Keys: counters, wrapped keys, due turns, oldest undelivered, calls, dead letters, labels by name. Arguments: now.
-- Returns: [conversations, due turns, undelivered, [conversation, at] of the oldest, calls, dead, [name, count, ...],
--   [conversation, due] of the turn that is due first].
return {
  redis.call('HLEN', KEYS[2]), redis.call('ZCOUNT', KEYS[3], '-inf', ARGV[1]),
  tonumber(redis.call('HGET', KEYS[1], 'open') or 0), redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES'),
  redis.call('ZCARD', KEYS[5]), redis.call('ZCARD', KEYS[6]), redis.call('HGETALL', KEYS[7]),
  redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES'),
}
