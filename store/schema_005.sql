-- Schema 5 of the data file: other names of a person (keyed hashes, as conversation ids are), and whose they are.

create table alias (
    name text primary key,
    -- The conversation that the name leads to.
    conversation text not null
) without rowid;
create index alias_conversation on alias (conversation);
-- The person's own name, beside which others are aliases; null while only one name is known.
alter table conv add column main text;
