#!lua flags=no-writes
-- Read what is needed to seal for a conversation, or to create it.
-- Keys: the bundle. Arguments: {id}. Returns: [head, sealed address, wrapped key, floor], each null when there is none.
-- needs: keys
return {
  redis.call('HGET', K.head, 'm'), redis.call('HGET', K.head, 'a'), redis.call('HGET', K.keys, A.id),
  redis.call('HGET', K.meta, 'floor'),
}
