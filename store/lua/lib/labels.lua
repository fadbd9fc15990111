-- Labels: `name \0 16 hex digits of the rank` each, in one index of score 0 that is ordered by its bytes.
local function count_labels(labels, by)
  local heads = {}
  for _, label in ipairs(labels) do
    local name = string.match(label, '^([^:%z]*)')
    if not heads[name] then
      heads[name] = true
      if redis.call('HINCRBY', K.nlabel, name, by) <= 0 then
        redis.call('HDEL', K.nlabel, name)
      end
    end
  end
end

local function set_labels(h, labels)
  if table.concat(labels, '\1') == table.concat(h.labels, '\1') then
    return
  end
  for _, label in ipairs(h.labels) do
    redis.call('ZREM', K.label, label .. '\0' .. A.id)
  end
  for _, label in ipairs(labels) do
    redis.call('ZADD', K.label, 0, label .. '\0' .. A.id)
  end
  count_labels(h.labels, -1)
  count_labels(labels, 1)
  h.labels = labels
end
