#!lua
-- Note to which conversation of another partition an event goes, before it goes there: a repeat follows the note.
-- durable: yes
-- repeat: safe
-- Keys: the note. Arguments: the note, its life in milliseconds. Returns: 1.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
