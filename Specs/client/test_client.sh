#!/usr/bin/env bash
# Plays the Python client against a gateway: test_client.sh BIN, where BIN is the program `coalition`.
# Ends with status 0 when every expectation held.
set -uo pipefail

[ $# -eq 1 ] || { echo "usage: test_client.sh BIN" >&2; exit 2; }
bin=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
gateway=
failures=0
checks=0

finish() {
  [ -n "$gateway" ] && kill "$gateway" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

fail() { echo "FAILED: $*" >&2; sed 's/^/    /' "$work/stdout" "$work/stderr" >&2; failures=$((failures + 1)); }
check() { checks=$((checks + 1)); local what=$1; shift; "$@" || fail "$what"; }
stop() { echo "STOPPED: $*" >&2; exit 1; }

# run STATUS ARGUMENT...: the client must end with this status; its output is kept.
run() {
  local expected=$1; shift
  timeout 120 python3 "$here/coalition_client.py" "$@" --config "$work/config.json" >"$work/stdout" 2>"$work/stderr"
  local status=$?
  checks=$((checks + 1))
  [ $status -eq "$expected" ] || fail "status $status, expected $expected: $*"
}
says() { check "output has no '$1'" grep -q -e "$1" "$work/stdout"; }
complains() { check "errors have no '$1'" grep -q -e "$1" "$work/stderr"; }
lacks() { check "output has '$1'" bash -c '! grep -q -e "$1" "$2"' - "$1" "$work/stdout"; }
batch() {
  python3 "$here/make_batch.py" "$@" --partner MARCHE --programme SMILES --unit MKP --created 2026-05-01T06:00:00Z \
    --date 2026-04-30 || stop "make_batch.py"
}
receipt_of() { awk -v grade="$1" '$1 == grade { print $NF }' "$work/stdout"; }

touch "$work/stdout" "$work/stderr"
echo "a demonstration, and its gateway"
timeout 300 "$bin" demo "$work/demo" >"$work/demo.log" 2>&1 || { tail "$work/demo.log" >&2; stop "the demonstration"; }
pki="$work/demo/pki"
"$bin" serve --data "$work/demo/data" --host-cert "$pki/host-signing.pem" --host-key "$pki/host-signing.key" \
  --tls-cert "$pki/gateway-tls.pem" --tls-key "$pki/gateway-tls.key" --crl "$pki/ca.crl.pem" \
  --port 0 --port-file "$work/port" >"$work/serve.log" 2>&1 &
gateway=$!
for _ in $(seq 300); do
  [ -s "$work/port" ] && break
  kill -0 "$gateway" 2>/dev/null || { cat "$work/serve.log" >&2; stop "the gateway ended"; }
  sleep 0.1
done
[ -s "$work/port" ] || stop "the gateway did not listen within 30 seconds"
port=$(tr -d '[:space:]' <"$work/port")
cat >"$work/config.json" <<JSON
{"gateway": "127.0.0.1:$port", "ca": "demo/pki/ca.pem", "tls-cert": "demo/pki/MARCHE-tls.pem",
 "tls-key": "demo/pki/MARCHE-tls.key", "sign-cert": "demo/pki/MARCHE-signing.pem",
 "sign-key": "demo/pki/MARCHE-signing.key", "out": "out"}
JSON
out="$work/out"

echo "hello and ping"
run 0 ping
says '"name": "MARCHE"'

echo "an XML file, a CSV file, an empty file"
batch XML --sequence 10 --records 3 >"$work/10.xml"
run 0 submit "$work/10.xml" --series LIVE --sequence 10
says '^RECEIVED RCVD .* new '
says '^VALIDATED ACCP .* new '
received=$(receipt_of RECEIVED)
validated=$(receipt_of VALIDATED)
check "openssl does not verify the receipt" openssl cms -verify -binary -inform DER -in "$validated.p7s" \
  -content "$validated" -CAfile "$pki/ca.pem" -out /dev/null 2>"$work/stderr"
check "the receipt names another digest" grep -q "$(sha256sum <"$work/10.xml" | cut -d' ' -f1)" "$validated"
batch CSV --sequence 11 --records 2 >"$work/11.csv"
run 0 submit "$work/11.csv" --series LIVE --sequence 11
says '^VALIDATED ACCP .* new '
batch CSV --sequence 12 --records 0 >"$work/12.csv"
run 0 submit "$work/12.csv" --series LIVE --sequence 12
says '^VALIDATED ACCP .* new '

echo "the same file again: the same receipts, byte for byte, under whatever signature"
run 0 submit "$work/10.xml" --series LIVE --sequence 10 --out "$work/again"
says '^RECEIVED RCVD .* copy '
says '^VALIDATED ACCP .* copy '
lacks ' new '
for first in "$received" "$validated"; do
  for name in "$(basename "$first")" "$(basename "$first").p7s"; do
    check "$name differs" cmp "$out/$name" "$work/again/$name"
  done
done
run 0 receipt wait --series LIVE --sequence 10 --grade VALIDATED
says "^VALIDATED ACCP $(basename "$validated" .xml) copy "
run 4 receipt wait --series LIVE --sequence 10 --grade CLEARED --timeout 2
complains CLT-008

echo "one wrong record, a file refused as a whole and its replacement, the dry run"
batch XML --sequence 13 --records 3 --wrong-check-digit 1 >"$work/13.xml"
run 0 submit "$work/13.xml" --series LIVE --sequence 13
says '^VALIDATED PART '
says 'REFUSE_RECORD REF-001 record 1 '
batch XML --sequence 14 --records 2 | sed 's/<ControlSum unit="MKP">160</<ControlSum unit="MKP">161</' >"$work/14.xml"
run 1 submit "$work/14.xml" --series LIVE --sequence 14
says 'RJCT'
says 'REFUSE_FILE FIL-003'
refusal=$(basename "$(receipt_of VALIDATED)" .xml)
batch XML --sequence 14 --records 2 --replaces "$refusal" --label R >"$work/14r.xml"
run 0 submit "$work/14r.xml" --series LIVE --sequence 14
says '^VALIDATED ACCP .* new '
run 0 position
grep '<Position ' "$work/stdout" >"$work/before"
batch CSV --series TEST --sequence 1 --records 2 >"$work/test1.csv"
run 0 submit "$work/test1.csv" --series TEST --sequence 1
says '^VALIDATED ACCP .* new '
check "the receipt is no dry run" grep -q '<DryRun>true<' "$(receipt_of VALIDATED)"
run 0 position
grep '<Position ' "$work/stdout" >"$work/after"
check "there is no position" test -s "$work/after"
check "the dry run moved the position" cmp "$work/before" "$work/after"

echo "an upload that breaks midway goes on where the gateway's bytes end"
batch CSV --sequence 15 --records 12000 >"$work/15.csv"
python3 - "$here" "$work" "$port" >"$work/stdout" 2>"$work/stderr" <<'PYTHON' || fail "the broken upload"
import os, pathlib, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import coalition_client
work, pki = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[2], "demo", "pki")

class Torn(Exception):
    pass

def progress(sent, durable, size):
    if sent >= 3 * 262144:
        raise Torn

client = coalition_client.Client(f"127.0.0.1:{sys.argv[3]}", pki / "ca.pem", pki / "MARCHE-tls.pem", pki / "MARCHE-tls.key",
                                 pki / "MARCHE-signing.pem", pki / "MARCHE-signing.key", work / "out", progress=progress)
try:
    client.submit(work / "15.csv", "LIVE", 15)
except Torn:
    sys.exit(0)
sys.exit("the upload did not break")
PYTHON
run 0 submit "$work/15.csv" --series LIVE --sequence 15
says '^VALIDATED ACCP .* new '
size=$(stat -c %s "$work/15.csv")
offset=$(sed -n "s/^sending from byte \([0-9]*\) of $size\$/\1/p" "$work/stderr")
check "it went on from byte '$offset' of $size" test "${offset:-0}" -gt 0 -a "${offset:-0}" -lt "$size"
check "the receipt counts other records" grep -q 'records="12000"' "$(receipt_of VALIDATED)"

echo "a real-time accrual, its status, and the same bytes again"
cat >"$work/accrual.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
  <MessageHeader>
    <MessageId>MARCHE-PY/1</MessageId>
    <CreationDateTime>2026-05-01T06:00:00Z</CreationDateTime>
    <PartnerId>MARCHE</PartnerId>
  </MessageHeader>
  <Transaction>
    <TransactionId>MARCHE-PY-T1</TransactionId>
    <LoyaltyTransactionType>ACCR</LoyaltyTransactionType>
    <TransactionDateTime>2026-04-30T11:00:00Z</TransactionDateTime>
    <BusinessDate>2026-04-30</BusinessDate>
    <LoyaltyAccount><LoyaltyAccountId type="CARD">9250123456789013</LoyaltyAccountId></LoyaltyAccount>
    <LoyaltyAmount unit="MKP">80</LoyaltyAmount>
  </Transaction>
</LoyaltyRequest>
XML
run 0 send "$work/accrual.xml"
says '^ACCP new '
check "openssl does not verify the answer" openssl cms -verify -binary -inform DER -in "$out/MARCHE-PY%2F1.answer.cms" \
  -CAfile "$pki/ca.pem" -out "$work/answer.xml" 2>"$work/stderr"
check "the answer was stored otherwise" cmp "$work/answer.xml" "$out/MARCHE-PY%2F1.answer.xml"
cp "$out/MARCHE-PY%2F1.answer.cms" "$work/first.cms"
run 0 send "$work/accrual.xml"
says '^ACCP copy '
check "another answer to the same bytes" cmp "$work/first.cms" "$out/MARCHE-PY%2F1.answer.cms"
run 0 status --message MARCHE-PY/1
says '<Known>true<'
says '<Status>ACCP<'
run 0 status --transaction MARCHE-PY-T1
says '<Status>ACCP<'
run 0 status --transaction MARCHE-NEVER
says '<Known>false<'
sed 's/MARCHE-PY/MARCHE-PX/; s/9013/9014/' "$work/accrual.xml" >"$work/wrong.xml"
run 1 send "$work/wrong.xml"
says REF-001

echo "statements: listed, fetched, verified, confirmed; a download that broke goes on"
run 0 list WINDOWS
says W-2026-04B
run 0 list STATEMENTS
says STL-W-2026-04B-MARCHE.csv
statement=STL-W-2026-04B-MARCHE.xml
run 0 fetch $statement CLS-W-2026-04B-MARCHE.csv
for name in $statement CLS-W-2026-04B-MARCHE.csv; do
  check "$name is not that of the demonstration" cmp "$work/demo/statements/MARCHE/$name" "$out/$name"
done
run 0 verify "$out/$statement"
run 0 list PENDING
lacks '"STL-W-2026-04B-MARCHE.xml"'
run 0 agree "$out/$statement"
check "no agreement" grep -q '<Verdict>AGREED<' "$out/STL-W-2026-04B-MARCHE.answer.xml"
sed 's/<NetAmount>/<NetAmount>1/' "$out/$statement" >"$work/wrong.xml"
cp "$out/$statement.p7s" "$work/wrong.xml.p7s"
run 3 agree "$work/wrong.xml"
complains CLT-005
mkdir "$work/broken"
head -c 1000 "$out/$statement" >"$work/broken/$statement.part"
cp "$out/$statement.p7s" "$work/broken/$statement.part.p7s"
run 0 fetch $statement --out "$work/broken"
check "the continued download differs" cmp "$out/$statement" "$work/broken/$statement"
run 1 fetch STL-W-2026-04B-CARBU.xml
complains NET-005

echo "what must not be believed"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/other.key" -out "$work/other.pem" \
  -days 30 -subj /CN=MARCHE 2>/dev/null || stop "openssl req"
run 3 ping --ca "$work/other.pem"
complains CLT-002
run 3 verify "$validated" --ca "$work/other.pem"
complains CLT-005
sed 's/<FileStatus>ACCP</<FileStatus>PART</' "$validated" >"$work/forged.xml"
run 3 verify "$work/forged.xml" --signature "$validated.p7s"
run 3 verify "$work/10.xml" --signature "$(ls "$out"/sent/LIVE-10-*.p7s)"
complains "not one of a host"
run 0 verify "$work/10.xml" --signature "$(ls "$out"/sent/LIVE-10-*.p7s)" --signer partner
run 0 verify "$out/MARCHE-PY%2F1.answer.cms" --attached
run 1 ping --tls-cert "$work/other.pem" --tls-key "$work/other.key"
complains CLT-003
batch XML --sequence 16 --records 1 >"$work/16.xml"
run 1 submit "$work/16.xml" --series LIVE --sequence 16 --sign-cert "$work/other.pem" --sign-key "$work/other.key"
says 'REFUSE_FILE SIG-003'

echo "a cancellation before the file arrives, and one that comes too late"
run 0 cancel --series LIVE --sequence 17
check "the answer says that it had arrived" grep -q '<HadArrived>false<' "$out/LIVE-17.cancel.answer.xml"
cp "$out/LIVE-17.cancel.answer.cms" "$work/first.cms"
run 0 cancel --series LIVE --sequence 17
check "another answer to the same cancellation" cmp "$work/first.cms" "$out/LIVE-17.cancel.answer.cms"
batch XML --sequence 17 --records 1 >"$work/17.xml"
run 1 submit "$work/17.xml" --series LIVE --sequence 17
check "no FIL-013" grep -q FIL-013 "$work/stdout" "$work/stderr"
run 1 cancel --series LIVE --sequence 10

echo "wrong usage, nobody there"
run 2 submit "$work/absent.xml" --series LIVE --sequence 18
run 2 submit "$work/10.xml" --series OTHER --sequence 18
run 4 ping --gateway 127.0.0.1:1 --attempts 1
complains CLT-001

echo "gateways that lie, stumble or end; the examples of wire.md"
check "test_untrusted.py" timeout 300 python3 "$here/test_untrusted.py" "$pki" "$here/../wire.md" >"$work/stdout" 2>"$work/stderr"

echo "the gateway ends when it is asked"
kill -TERM "$gateway"
wait "$gateway"
status=$?
gateway=
check "the gateway ended with status $status" test $status -eq 0
check "a document that did not verify was left" bash -c '! ls "$1"/*.unverified* 2>/dev/null' - "$out"

echo "$checks checks, $failures failed"
[ $failures -eq 0 ]
