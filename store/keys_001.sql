-- Schema 1 of the key file (the wrapped data keys), kept apart from the data so that erasing a key erases a person.

create table meta (name text primary key, value) without rowid;

-- Every master key that ever wrapped something, with a value sealed under it.
create table ring (kid text primary key, seal blob not null) without rowid;

create table key (
    conversation text not null,
    generation integer not null,
    kid text not null,
    wrapped blob not null,
    primary key (conversation, generation)
) without rowid;
create index key_kid on key (kid);

-- Erasures under way: finished after a crash by whoever opens the store next.
create table gone (
    conversation text not null,
    generation integer not null,
    primary key (conversation, generation)
) without rowid;
