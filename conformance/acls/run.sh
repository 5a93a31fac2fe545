#!/usr/bin/env bash
# Usage: run.sh   Access rules as Kafka's Java client and kafkajs meet them, on the broker that BROKER names (../lib/broker.sh).
# The broker has a second listener, where clients log in with SASL PLAIN; on the first one everybody is a super user. Needs JDK 17.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin acls
suite_npm
"$REPOSITORY/bench/peers/kafka/install.sh" "$PEER_DIR"
key=$(sha256sum Acls.java | cut -c1-16)
CLASSES=$CACHE/java/acls-$key
SASL_BOOTSTRAP=127.0.0.1:$((PORT + 5))
AUDIT_LOG=$RUN/audit.log
export CLASSES SASL_BOOTSTRAP AUDIT_LOG
if [ ! -e "$CLASSES/Acls.class" ]; then
  mkdir -p "$CLASSES"
  javac -nowarn -Xlint:-deprecation -cp "$PEER_DIR/libs/*" -d "$CLASSES" Acls.java
fi

settings='authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret" user_eve="eve-secret";'
KAFKA_EXTRA="$KAFKA_EXTRA
$settings
listeners=PLAINTEXT://$BOOTSTRAP,CONTROLLER://127.0.0.1:$((PORT + 1)),SASL_PLAINTEXT://$SASL_BOOTSTRAP
advertised.listeners=PLAINTEXT://$BOOTSTRAP,CONTROLLER://127.0.0.1:$((PORT + 1)),SASL_PLAINTEXT://$SASL_BOOTSTRAP
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT"
BROKER_LISTEN=SASL_PLAINTEXT://$SASL_BOOTSTRAP
printf '%s\npolylog.audit.log=%s\n' "$settings" "$AUDIT_LOG" > "$RUN/polylog.properties"
POLYLOG_CONFIG=$RUN/polylog.properties
export POLYLOG_CONFIG
suite_run node suite.mjs
