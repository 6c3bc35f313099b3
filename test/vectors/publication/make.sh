#!/usr/bin/env bash
# Makes openssl.json with the openssl command line alone. See ORIGIN.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"

hexof() { xxd -p "$1" | tr -d '\n'; }

cat > ca.cnf <<'CNF'
[req]
string_mask = utf8only
utf8 = yes
distinguished_name = dn
[dn]
[ca]
default_ca = self
[self]
new_certs_dir = .
database = index
serial = serial
policy = any
string_mask = utf8only
unique_subject = no
x509_extensions = leaf
preserve = yes
[any]
[leaf]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
CNF
# preserve keeps the order of the subject; an empty policy then lets every attribute through.

SUBJECT='/C=AT/O=Büro, Rot \+ Söhne/OU=Keys/OU=Tokens/CN=tokens.example'
sep=''
one() { # name, spec, kms algorithm, hash, start, end, serial, options for the signature...
  local name=$1 spec=$2 algorithm=$3 hash=$4 from=$5 to=$6 serial=$7; shift 7
  : > index; rm -f index.attr; echo "$serial" > serial
  openssl req -new -config ca.cnf -key "$spec.pem" -subj "$SUBJECT" -utf8 -"$hash" "$@" -outform DER -out request.der
  openssl req -inform DER -in request.der -out request.pem
  openssl ca -config ca.cnf -batch -notext -selfsign -keyfile "$spec.pem" -in request.pem -md "$hash" "$@" -startdate "$from" -enddate "$to" -preserveDN -out c.pem 2> log || { cat log >&2; exit 1; }
  openssl x509 -in c.pem -outform DER -out c.der
  openssl pkey -in "$spec.pem" -pubout -outform DER -out spki.der
  printf '%s{"name":"%s","spec":"%s","signingAlgorithm":"%s","notBefore":"%s","notAfter":"%s","serial":"%s","spki":"%s","certificate":"%s","request":"%s"}' \
    "$sep" "$name" "$spec" "$algorithm" "$from" "$to" "$serial" "$(hexof spki.der)" "$(hexof c.der)" "$(hexof request.der)"; sep=$',\n'
}
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out RSA_2048.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ECC_NIST_P256.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ECC_NIST_P384.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out ECC_NIST_P521.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out ECC_SECG_P256K1.pem

pss() { printf '%s ' -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sigopt "rsa_mgf1_md:$1"; }
{
  printf '{"subject":"CN=tokens.example, OU=Tokens, OU=Keys, O=Büro\\\\, Rot \\\\+ Söhne, C=AT","cases":['
  one 'RSA PKCS#1, serial of one byte' RSA_2048 RSASSA_PKCS1_V1_5_SHA_256 sha256 20261124000000Z 20271124000000Z 01
  one 'RSA PKCS#1 SHA-384, serial with its top bit set' RSA_2048 RSASSA_PKCS1_V1_5_SHA_384 sha384 20261124000000Z 20271124000000Z 80FF
  one 'RSA PKCS#1 SHA-512, longest serial' RSA_2048 RSASSA_PKCS1_V1_5_SHA_512 sha512 20261124000000Z 20271124000000Z 7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
  one 'RSA PSS SHA-256' RSA_2048 RSASSA_PSS_SHA_256 sha256 20261124145423Z 20271124000000Z 02 $(pss sha256)
  one 'RSA PSS SHA-384' RSA_2048 RSASSA_PSS_SHA_384 sha384 20261124145423Z 20271124000000Z 02 $(pss sha384)
  one 'RSA PSS SHA-512' RSA_2048 RSASSA_PSS_SHA_512 sha512 20261124145423Z 20271124000000Z 02 $(pss sha512)
  one 'P-256, last second of UTCTime' ECC_NIST_P256 ECDSA_SHA_256 sha256 20261124000000Z 20491231235959Z 03
  one 'P-384, first second of GeneralizedTime' ECC_NIST_P384 ECDSA_SHA_384 sha384 20261124000000Z 20500101000000Z 04
  one 'P-521, the date that means no end' ECC_NIST_P521 ECDSA_SHA_512 sha512 20261124000000Z 99991231235959Z 05
  one 'secp256k1' ECC_SECG_P256K1 ECDSA_SHA_256 sha256 20261124000000Z 20271124000000Z 06
  echo ']}'
} > openssl.json
cp openssl.json "$here"
