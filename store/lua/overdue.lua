#!lua flags=no-writes
-- Count what a sweep would find in a partition, so that it needs not look where nothing is.
-- Keys: indexes by time, each with a moment; then sets. Arguments: the moments.
-- Returns: how many members of each index are up to its moment, and how many each set has.
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = ARGV[i] and redis.call('ZCOUNT', key, '-inf', ARGV[i]) or redis.call('SCARD', key)
end
return found
