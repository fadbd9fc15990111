-- The bundle of keys that every script of a conversation gets, by name. The order is that of store/redis_keys.py.
local K = {
  head = KEYS[1], mail = KEYS[2], log = KEYS[3], row = KEYS[4], calls = KEYS[5], outs = KEYS[6], dead = KEYS[7],
  early = KEYS[8], blobs = KEYS[9],
  meta = KEYS[10], keys = KEYS[11], seen = KEYS[12], due = KEYS[13], ddue = KEYS[14],
  routes = KEYS[15], cdue = KEYS[16], chg = KEYS[17], exp = KEYS[18], rest = KEYS[19], old = KEYS[20],
  label = KEYS[21], nlabel = KEYS[22], outs_at = KEYS[23], dead_at = KEYS[24], count = KEYS[25], alias = KEYS[26],
  blobgone = KEYS[27],
}
-- The arguments: one packed map, so that they have names here too.
local A = cmsgpack.unpack(ARGV[1])
