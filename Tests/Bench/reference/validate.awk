# Fields of CSV, checked by patterns as a script would; the trailer must have the number of records.
/^#TRAILER/ { if ($2 != count) { print "count" > "/dev/stderr"; exit 1 } next }
NR <= 2 { next }
NF != 27 || $1 !~ /^[A-Za-z0-9-]+$/ || $2 !~ /^(ACCR|REDM|BONU|RVSL|ADJT|TRFI|TRFO)$/ \
    || $3 !~ /^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:]+Z$/ || $4 !~ /^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/ \
    || $6 !~ /^[0-9]+$/ || length($6) != 16 || $8 !~ /^[A-Z][A-Z][A-Z]$/ || $9 !~ /^[0-9]+$/ \
    || $11 !~ /^(EUR|GBP|PLN|SEK)$/ || $12 !~ /^[0-9]+\.[0-9][0-9]$/ { print "bad line " NR > "/dev/stderr"; exit 1 }
{ count++; print $1 "," $2 "," $3 "," $4 "," $6 "," $8 "," $9 "," $11 "," $12 "," $23 "," $24 }
