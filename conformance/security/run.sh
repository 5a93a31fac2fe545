#!/usr/bin/env bash
# Usage: run.sh   TLS and SASL as Java, kcat, confluent-kafka, aiokafka and kafkajs meet them, on the broker that BROKER names
# (../lib/broker.sh): each protocol, each mechanism, what must be refused, a session that is shown anew, a new certificate.
# Needs JDK 17, kcat, Python 3 with venv and openssl 3. Of Kafka only Polylog's part is checked: BROKER=kafka is refused.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin security
[ "$BROKER" = polylog ] || { echo "the suite security knows Polylog's settings only" >&2; exit 2; }
suite_npm
suite_pip
"$REPOSITORY/bench/peers/kafka/install.sh" "$PEER_DIR"
key=$(sha256sum Security.java | cut -c1-16)
CLASSES=$CACHE/java/security-$key
if [ ! -e "$CLASSES/Security.class" ]; then
  mkdir -p "$CLASSES"
  javac -nowarn -Xlint:-deprecation -cp "$PEER_DIR/libs/*" -d "$CLASSES" Security.java
fi

# What the clients show, and whom they trust: in PEM, and in the stores of Java.
CERTIFICATES=$RUN/certificates
mkdir -p "$CERTIFICATES"
"$REPOSITORY/test/support/certificates/make.sh" "$CERTIFICATES"
keytool -importcert -noprompt -alias authority -file "$CERTIFICATES/ca.pem" -keystore "$CERTIFICATES/trust.p12" \
  -storetype PKCS12 -storepass secret1 2> /dev/null
openssl pkcs12 -export -in "$CERTIFICATES/client.pem" -passout pass:secret1 -out "$CERTIFICATES/client.p12"
cp "$CERTIFICATES/broker.pem" "$CERTIFICATES/shown.pem"
node tokens.mjs "$RUN"

host=127.0.0.1
BROKER_LISTEN=''
names=(SSL MUTUAL SASL_SSL SASL_PLAINTEXT TOKEN DEV SHORT)
for i in "${!names[@]}"; do
  port=$((PORT + 2 + i))
  BROKER_LISTEN="$BROKER_LISTEN ${names[$i]}://$host:$port"
  export "AT_${names[$i]}=$host:$port"
done
AUDIT_LOG=$RUN/audit.log
export CLASSES CERTIFICATES AUDIT_LOG
cat > "$RUN/polylog.properties" << END
listener.security.protocol.map=MUTUAL:SSL,TOKEN:SASL_SSL,DEV:SASL_PLAINTEXT,SHORT:SASL_PLAINTEXT
ssl.keystore.location=$CERTIFICATES/shown.pem
ssl.truststore.location=$CERTIFICATES/ca.pem
polylog.tls.reload.ms=50
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.keystore.type=PKCS12
listener.name.mutual.ssl.keystore.location=$CERTIFICATES/broker.p12
listener.name.mutual.ssl.keystore.password=test
listener.name.mutual.ssl.principal.mapping.rules=RULE:^CN=([a-z-]+),.*\$/mapped-\$1/L
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_carol="carol-secret";
listener.name.token.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.token.sasl.oauthbearer.jwks.endpoint.url=file://$RUN/jwks.json
listener.name.token.sasl.oauthbearer.expected.issuer=https://issuer.example
listener.name.token.sasl.oauthbearer.expected.audience=polylog
listener.name.dev.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.dev.polylog.sasl.oauthbearer.unsecured=true
listener.name.short.connections.max.reauth.ms=1000
polylog.audit.log=$AUDIT_LOG
polylog.audit.lines.per.minute=100000
END
POLYLOG_CONFIG=$RUN/polylog.properties
export POLYLOG_CONFIG
suite_run node suite.mjs 2> "$RUN/clients.log"
