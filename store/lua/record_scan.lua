#!lua flags=no-writes
-- Read records of a kind in the order of their keys.
-- Keys: the records of a kind, their keys in order. Arguments: '-' or '(' and the key to begin behind, now, how many.
-- Returns: [key, `version:expires:sealed`, ...] of those that are not over.
local from, now, left = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local found = {}
while left > 0 do
  local names = redis.call('ZRANGE', KEYS[2], from, '+', 'BYLEX', 'LIMIT', 0, math.min(left, 500))
  if #names == 0 then
    break
  end
  local values = redis.call('HMGET', KEYS[1], unpack(names))
  for i, value in ipairs(values) do
    local expires = value and string.match(value, '^%d+:(%d*):')
    if expires and (expires == '' or tonumber(expires) > now) then
      found[#found + 1] = names[i]
      found[#found + 1] = value
      left = left - 1
    end
  end
  from = '(' .. names[#names]
end
return found
