-- Schema 4 of the data file: attempts that certainly did not arrive, which the one resend of a doubtful entry survives.

alter table entry add column missed integer not null default 0;
