#!lua
-- Carry out commands on keys of one partition, as one step: for a store that is carried over.
-- durable: yes
-- Keys: any. Arguments: {ops [[command, number of its key, argument, ...]]}.
-- Returns: the answer to the last one.
local A = cmsgpack.unpack(ARGV[1])
local answer = false
for _, op in ipairs(A.ops) do
  answer = redis.call(op[1], KEYS[op[2]], unpack(op, 3))
end
return answer
