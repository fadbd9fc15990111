#!lua flags=no-writes
-- Read what a commit wrote about an event.
-- Keys: the bundle. Arguments: {id, hex of the event key}.
-- Returns: [head, 8 bytes at and the sealed outcome, wrapped key], each null when there is none.
-- needs: keys
return { redis.call('HGET', K.head, 'm'), redis.call('HGET', K.outs, A.hex), redis.call('HGET', K.keys, A.id) }
