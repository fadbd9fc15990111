#!lua flags=no-writes
-- Add up what is kept for a conversation, drafts included.
-- Keys: the bundle. Arguments: {id}. Returns: bytes.
-- needs: keys head blobs
local h, held = load_head(), 0
local all = redis.call('HGETALL', K.blobs)
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 1) == 'i' then
    local file = cmsgpack.unpack(all[i + 1])
    if h and file.gen == h.gen then
      held = held + file.size
    end
  end
end
return held
