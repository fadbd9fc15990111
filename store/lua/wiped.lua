#!lua flags=no-writes
-- Read how far the erasure of keys has got in the server's file.
-- Keys: the counters of a partition. Arguments: none.
-- Returns: [keys destroyed, of which a rewritten file is free, of which one was asked for, when, of which run], as texts
--   or null.
return redis.call('HMGET', KEYS[1], 'wiped', 'rewritten', 'asked', 'asked_at', 'asked_run')
