-- Schema 6 of the data file: what a provider took and gave back later.

-- To be sent in its simplest form.
alter table entry add column plain integer not null default 0;
-- How often it was given back to be held.
alter table entry add column back integer not null default 0;
