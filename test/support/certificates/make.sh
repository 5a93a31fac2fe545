#!/usr/bin/env bash
# Usage: make.sh FOLDER   certificates for tests, valid for a hundred years: an authority (ca.pem), a broker's key and
# certificate in one file (broker.pem), the same in PKCS12 (broker.p12) and with an encrypted key (broker-locked.pem), both
# with the password "test", another one of the same authority (renewed.pem), a client's (client.pem), and one that the
# authority doesn't know (stranger.pem). Needs openssl 3.
set -euo pipefail
cd "$1"
request() { # NAME SUBJECT EXTENSION…
  local name=$1 subject=$2
  shift 2
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" -keyout "$name.key" -out "$name.csr" 2> /dev/null
  printf '%s\n' "$@" > "$name.ext"
}
issue() { # NAME
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 36500 -extfile "$1.ext" -out "$1.crt" 2> /dev/null
  cat "$1.key" "$1.crt" > "$1.pem"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=Test authority" -keyout ca.key -out ca.crt 2> /dev/null
cp ca.crt ca.pem
hosts=subjectAltName=DNS:localhost,IP:127.0.0.1
request broker "/O=Polylog/CN=localhost" "$hosts"
request renewed "/O=Polylog/CN=renewed" "$hosts"
request client "/C=DE/O=Example, Ltd./OU=Orders/CN=orders-service" "keyUsage=digitalSignature"
for name in broker renewed client; do issue "$name"; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=stranger" -keyout stranger.key -out stranger.crt 2> /dev/null
cat stranger.key stranger.crt > stranger.pem
openssl pkcs12 -export -in broker.pem -certfile ca.crt -passout pass:test -out broker.p12
openssl pkcs8 -topk8 -in broker.key -passout pass:test -out locked.key
cat locked.key broker.crt > broker-locked.pem
rm -f ./*.csr ./*.ext ./*.srl ./*.crt ./*.key
