-- Schema 1 of the data file. Blobs named address, state, timers, event, body, reason are sealed; the rest is plain.

create table meta (name text primary key, value) without rowid;
-- Highest generation ever erased, the serial of the key file at the last commit that changed it, the change counter.
insert into meta values ('floor', 0), ('serial', 0), ('changes', 0);

-- One of our accounts at a channel; deliveries are claimed per route.
create table route (
    id integer primary key,
    channel text not null,
    account text not null,
    unique (channel, account)
);

create table conv (
    id integer primary key autoincrement,
    conversation text not null unique,
    route integer not null,
    generation integer not null,
    created integer not null,
    -- Commits so far.
    turn integer not null default 0,
    epoch integer not null default 0,
    -- The store's change counter at the last change.
    change integer not null,
    -- Turn lane: due is a visibility timeout; until is the end of the lease or of a backoff.
    due integer,
    until integer not null default 0,
    token text,
    -- What was leased last: the seq of an event, or a negative hash of a timer.
    head integer,
    attempts integer not null default 0,
    waiting integer not null default 0,
    -- Delivery lane: a lease is running exactly while duntil is set; dseq names the entry, dtries its attempts.
    ddue integer,
    duntil integer,
    dtoken text,
    dseq integer,
    dtries integer not null default 0,
    dat integer not null default 0,
    -- Entries still to be delivered, the seq of the first that may be one, and whether one is held.
    open integer not null default 0,
    oseq integer not null default 0,
    held integer not null default 0,
    -- Seq of the last entry.
    last integer not null default 0,
    expires integer,
    labels blob,
    timers blob,
    address blob not null,
    state blob
);
create index conv_due on conv (due) where due is not null;
create index conv_ddue on conv (route, ddue) where ddue is not null;
create index conv_change on conv (change);

-- Mailboxes. A handled event loses its content and stays for two days as the memory of its id.
create table mail (
    seq integer primary key,
    conv integer not null,
    key blob not null unique,
    at integer not null,
    seen integer not null,
    event blob
);
create index mail_waiting on mail (conv) where event is not null;

-- Transcript and outbox. id = conv * 2^24 + seq, so a conversation's entries lie together.
create table entry (
    id integer primary key,
    at integer not null,
    kind text,
    epoch integer,
    expires integer,
    open integer not null default 0,
    state text,
    due integer,
    attempts integer not null default 0,
    maybe integer not null default 0,
    changed integer not null default 0,
    -- Hashes of the provider's ids, 16 bytes each.
    pids blob,
    reason blob,
    body blob not null
);

create table provider (key blob primary key, entry integer not null) without rowid;
create table stray (
    key blob primary key,
    state text not null,
    at integer not null,
    seen integer not null,
    reason blob
) without rowid;

create table call (
    id text primary key,
    conv integer not null,
    due integer not null,
    token text,
    attempts integer not null default 0,
    body blob not null
) without rowid;
create index call_due on call (due);
create index call_conv on call (conv);

create table label (
    name text not null,
    rank integer not null,
    conversation text not null,
    primary key (name, rank, conversation)
) without rowid;

create table outcome (
    conv integer not null,
    key blob not null,
    at integer not null,
    body blob not null,
    primary key (conv, key)
) without rowid;
create index outcome_at on outcome (at);

create table dead (
    n integer primary key autoincrement,
    conv integer not null,
    key blob not null,
    kind text not null,
    reason text not null,
    at integer not null,
    body blob not null
);
create index dead_conv on dead (conv);

create table count (
    day text not null,
    name text not null,
    n integer not null,
    primary key (day, name)
) without rowid;

create table record (
    kind text not null,
    key text not null,
    version integer not null,
    expires integer,
    value blob not null,
    primary key (kind, key)
) without rowid;

create table counter (
    kind text not null,
    key text not null,
    n integer not null,
    expires integer not null,
    primary key (kind, key)
) without rowid;
