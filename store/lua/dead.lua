#!lua flags=no-writes
-- List dead letters of one partition, oldest first, behind (at, n).
-- Keys: the index. Arguments: at, n (12 digits), limit. Returns: [`n/conversation`, at, ...].
local found = {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[1], 'BYSCORE')) do
  if string.sub(member, 1, 12) > ARGV[2] then
    found[#found + 1] = member
    found[#found + 1] = ARGV[1]
  end
end
for _, one in ipairs(redis.call(
  'ZRANGE', KEYS[1], '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[3]), 'WITHSCORES')) do
  found[#found + 1] = one
end
return found
