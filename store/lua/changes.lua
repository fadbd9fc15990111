#!lua flags=no-writes
-- Read what changed in one partition behind a counter.
-- Keys: counters, index of changes. Arguments: the counter, how many (0: only the present counter).
-- Returns: [present counter, [conversation, number, ...]].
local now = redis.call('HGET', KEYS[1], 'change') or '0'
if ARGV[2] == '0' or now == ARGV[1] then
  return { now, {} }
end
return {
  now,
  redis.call('ZRANGE', KEYS[2], '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]), 'WITHSCORES'),
}
