#!/usr/bin/env bash
# Makes wrappings.json and key-files.json with the openssl command line alone. See ORIGIN.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"

hexof() { xxd -p "$1" | tr -d '\n'; }
pkcs8() { openssl pkcs8 -topk8 -nocrypt -outform DER "$@"; } # genpkey -outform DER would give PKCS#1 and SEC1

# --- key material of every kind that KMS imports -------------------------------------------------------------
# Raw secrets are text, so that they are recognisable on sight.
mkdir m
raw() { printf 'Rota test secret, not for use: %-97s' "$1" | tr ' ' '.' | head -c "$2" > "m/$1"; }
raw SYMMETRIC_DEFAULT 32
raw HMAC_224 28; raw HMAC_256 32; raw HMAC_384 48; raw HMAC_512 64
for bits in 2048 3072 4096; do openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:$bits | pkcs8 -out m/RSA_$bits; done
ec() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:"$1" -pkeyopt ec_param_enc:"${2:-named_curve}"; }
ec P-256 | pkcs8 -out m/ECC_NIST_P256
ec P-384 | pkcs8 -out m/ECC_NIST_P384
ec P-521 | pkcs8 -out m/ECC_NIST_P521
ec secp256k1 | pkcs8 -out m/ECC_SECG_P256K1
ec SM2 | pkcs8 -out m/SM2
openssl genpkey -algorithm ED25519 | pkcs8 -out m/ECC_NIST_EDWARDS25519

# --- each wrapped under each wrapping key -------------------------------------------------------------------
oaep() { openssl pkeyutl -encrypt -pubin -keyform DER -inkey "$1" -in "$2" -out "$3" \
           -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256; }
{
  echo '{"wrappingKeys":{'
  sep=''
  for bits in 2048 3072 4096; do
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:$bits -out w$bits.pem
    openssl pkey -in w$bits.pem -pubout -outform DER -out w$bits.spki
    pkcs8 -in w$bits.pem -out w$bits.pkcs8
    printf '%s"RSA_%s":{"spki":"%s","pkcs8":"%s"}' "$sep" $bits "$(hexof w$bits.spki)" "$(hexof w$bits.pkcs8)"; sep=$',\n'
  done
  echo '},"materials":{'
  sep=''
  for f in m/*; do printf '%s"%s":"%s"' "$sep" "${f#m/}" "$(hexof "$f")"; sep=$',\n'; done
  echo '},"wrappings":['
  sep=''
  for bits in 2048 3072 4096; do
    for f in m/*; do
      if oaep w$bits.spki "$f" e 2> /dev/null; then # fails where the material is too long
        printf '%s{"wrappingKeySpec":"RSA_%s","algorithm":"RSAES_OAEP_SHA_256","material":"%s","wrapped":"%s"}' "$sep" $bits "${f#m/}" "$(hexof e)"; sep=$',\n'
      fi
      openssl rand 32 > aes
      oaep w$bits.spki aes e
      openssl enc -e -id-aes256-wrap-pad -K "$(hexof aes)" -iv A65959A6 -in "$f" -out w
      printf '%s{"wrappingKeySpec":"RSA_%s","algorithm":"RSA_AES_KEY_WRAP_SHA_256","material":"%s","aes":"%s","wrapped":"%s%s"}' "$sep" $bits "${f#m/}" "$(hexof aes)" "$(hexof e)" "$(hexof w)"; sep=$',\n'
    done
  done
  echo ']}'
} > wrappings.json

# --- files that are not, or not quite, what KMS imports ----------------------------------------------------------
mkdir k
openssl pkey -inform DER -in m/RSA_2048 -out rsa.pem
openssl pkey -inform DER -in m/ECC_NIST_P256 -out p256.pem
cp rsa.pem k/rsa-2048-pem
openssl rsa -in rsa.pem -traditional -outform DER -out k/rsa-2048-pkcs1 2> /dev/null
openssl pkcs8 -topk8 -in rsa.pem -passout pass:rota -outform DER -out k/rsa-2048-encrypted
openssl pkey -in rsa.pem -pubout -outform DER -out k/rsa-2048-public
openssl req -x509 -new -key rsa.pem -subj /CN=rota -days 3650 -outform DER -out k/rsa-2048-certificate
openssl pkcs12 -export -nocerts -inkey rsa.pem -passout pass:rota -out k/rsa-2048-pkcs12
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3 | pkcs8 -out k/rsa-2048-three-primes
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2047 | pkcs8 -out k/rsa-2047
openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 | pkcs8 -out k/rsa-2048-pss
openssl base64 -in m/RSA_2048 -out k/rsa-2048-base64
xxd -p m/RSA_2048 > k/rsa-2048-hex
openssl ec -in p256.pem -outform DER -out k/p256-sec1 2> /dev/null
openssl ec -in p256.pem -conv_form compressed 2> /dev/null | pkcs8 -out k/p256-compressed
openssl ec -in p256.pem -no_public 2> /dev/null | pkcs8 -out k/p256-without-public
ec P-256 explicit | pkcs8 -out k/p256-explicit
ec P-224 | pkcs8 -out k/p224
ec brainpoolP256r1 | pkcs8 -out k/brainpool
openssl genpkey -algorithm X25519 | pkcs8 -out k/x25519
openssl genpkey -algorithm ED448 | pkcs8 -out k/ed448
openssl base64 -in m/SYMMETRIC_DEFAULT -out k/symmetric-base64
xxd -p -c 64 m/SYMMETRIC_DEFAULT > k/symmetric-hex
{
  echo '{'
  sep=''
  for f in k/*; do printf '%s"%s":"%s"' "$sep" "${f#k/}" "$(hexof "$f")"; sep=$',\n'; done
  echo '}'
} > key-files.json

cp wrappings.json key-files.json "$here"
