#!lua flags=no-writes
-- Read a whole mailbox, to seal it anew.
-- Keys: the bundle. Arguments: {id}. Returns: [item, ...].
-- needs: keys
return redis.call('LRANGE', K.mail, 0, -1)
