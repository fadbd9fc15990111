-- Schema 3 of the data file: files in sealed chunks.

create table blob (
    id integer primary key autoincrement,
    -- 0: its owner is gone, the sweep takes what is left.
    conv integer not null,
    -- The key without its owner.
    name text not null,
    -- Visible; a draft otherwise.
    ready integer not null default 0,
    -- When its content goes, or when a draft counts as abandoned; null once the content is gone.
    expires integer,
    size integer not null default 0,
    head blob
);
create unique index blob_name on blob (conv, name) where ready = 1;
create index blob_conv on blob (conv);
create index blob_expires on blob (expires) where expires is not null;

-- id = blob * 65536 + number.
create table chunk (id integer primary key, data blob not null);
