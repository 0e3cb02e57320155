#!/usr/bin/env bash
# pipeline.sh FOLDER xml|csv PARTNER SCHEMA: what a user would do with scripts: verify, validate, transform, load into
# PostgreSQL (PGHOST, PGPORT, tables of schema.sql), post without repeats, add up. FOLDER has batch.xml, batch.csv, their .p7s
# and ca.pem.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="$1" format="$2" partner="$3" schema="$4"
cd "$folder"
query() { psql -U postgres -qAt -v ON_ERROR_STOP=1 "$@"; }
openssl cms -verify -binary -inform DER -in "batch.$format.p7s" -content "batch.$format" -CAfile ca.pem -purpose any \
    -out /dev/null 2>/dev/null
if [ "$format" = xml ]; then
    xmllint --stream --noout --schema "$schema" batch.xml 2>/dev/null
    awk -f "$here/transform.awk" batch.xml >staging.csv
else
    awk -F, -f "$here/validate.awk" batch.csv >staging.csv
fi
query -c "truncate staging" -c "\copy staging from 'staging.csv' csv"
query -c "insert into ledger select *, '$partner' from staging on conflict do nothing"
query -c "select partner, type, unit, day, count(*), sum(units), sum(amount) from ledger group by 1, 2, 3, 4 order by 1, 2, 3, 4" \
    >statement.csv
