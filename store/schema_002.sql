-- Schema 2 of the data file: the remains of an erased person, and indexes by which the sweep finds what is over.

-- When the person was erased, and the last entry of the confirmation that still goes out.
alter table conv add column erased integer;
alter table conv add column rest integer;
create index conv_erased on conv (erased) where erased is not null;
create index conv_expires on conv (expires) where expires is not null;
create index stray_seen on stray (seen);
create index record_expires on record (expires) where expires is not null;
create index counter_expires on counter (expires);
create index mail_seen on mail (seen) where event is null;
