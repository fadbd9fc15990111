#!lua flags=no-writes
-- Read where a name leads and the conversation of that very name.
-- Keys: the bundle. Arguments: {id}. Returns: [alias or null, head or null].
-- needs: keys
return { redis.call('HGET', K.alias, A.id), redis.call('HGET', K.head, 'm') }
