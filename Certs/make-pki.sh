#!/bin/sh
# Makes a PKI for trying the coalition out, with openssl alone: an authority, the host's and every partner's certificates, a CRL.
#
#   Certs/make-pki.sh DIR [PARTNER ...]       new PKI in DIR (default partner: MARCHE)
#   Certs/make-pki.sh DIR --revoke FILE.pem   revokes a certificate of DIR and writes a new CRL
#   Certs/make-pki.sh DIR --crl               writes a new CRL
#
# Keys are not encrypted and lie beside each other: real partners make their own keys and send requests (see README.md).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,9p' "$0" >&2; exit 2; }
mkdir -p "$1"
PKI_DIR=$(cd "$1" && pwd)
PKI_NAMES=${PKI_NAMES:-DNS:localhost,IP:127.0.0.1}
export PKI_DIR PKI_NAMES
shift
config="$here/openssl.cnf"
cd "$PKI_DIR"
umask 077

crl() {
    openssl ca -config "$config" -gencrl -out crl.pem
}

# issue FILE PROFILE UNIT NAME: FILE.key and FILE.pem
issue() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
    openssl req -config "$config" -new -key "$1.key" -subj "/O=Coalition/OU=$3/CN=$4" -out "$1.csr"
    openssl ca -config "$config" -batch -notext -extensions "$2" -in "$1.csr" -out "$1.pem" 2>"$1.log" ||
        { cat "$1.log" >&2; exit 1; }
    rm -f "$1.csr" "$1.log"
}

case "${1:-}" in
--crl)
    crl
    exit 0
    ;;
--revoke)
    openssl ca -config "$config" -revoke "$2"
    crl
    exit 0
    ;;
esac

[ ! -e ca.key ] || { echo "there is a PKI in $PKI_DIR already" >&2; exit 1; }
mkdir -p issued
: >index.txt
echo 01 >crlnumber
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ca.key
openssl req -config "$config" -x509 -new -key ca.key -sha256 -days 3650 -extensions ca-certificate \
    -subj "/O=Coalition/OU=Certificate authority/CN=Coalition root" -out ca.pem

issue gateway-tls gateway-tls "Gateway TLS" localhost
issue host-signing host-signing "Host signing" HOST
issue maker officer Officer Maker
issue checker officer Officer Checker
issue auditor auditor Auditor Auditor
[ $# -ge 1 ] || set -- MARCHE
for partner; do
    issue "$partner-tls" partner-tls "Partner TLS" "$partner"
    issue "$partner-signing" partner-signing "Partner signing" "$partner"
done
crl
ls
