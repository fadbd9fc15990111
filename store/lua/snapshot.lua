#!lua flags=no-writes
-- Read a conversation as it stands.
-- Keys: the bundle. Arguments: {id}. Returns: [head, sealed address, sealed state, waiting events, wrapped key].
-- needs: keys
return {
  redis.call('HGET', K.head, 'm'), redis.call('HGET', K.head, 'a'), redis.call('HGET', K.head, 's'),
  redis.call('LLEN', K.mail), redis.call('HGET', K.keys, A.id),
}
