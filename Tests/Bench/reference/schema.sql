-- Tables of the scripted pipeline.
create unlogged table staging (id text, type text, at timestamptz, day date, card text, unit text, units bigint,
                               currency text, amount numeric, store text, till text);
create table ledger (like staging, partner text, unique (partner, id));
