/**
 * Settings of TLS and SASL, rows of the table in broker-table.ts. Those of LISTENER_SETTINGS may be set for one listener,
 * as `listener.name.NAME.SETTING` with the listener's name in small letters, which comes before the setting of all.
 */
import { parseJaas } from './jaas.ts';
import { checkProtocolMap } from './listener.ts';
import { checkPrincipalRules } from './principal-rules.ts';
import type { SettingFields, SettingType } from './setting.ts';

interface SecurityFields extends SettingFields {
  readonly doc: string;
  readonly dynamic?: boolean;
  readonly kafkaDefault?: string;
}

interface SecurityRow {
  readonly name: string;
  readonly type: SettingType;
  readonly default: string | null;
  readonly fields: SecurityFields;
}

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

function row(name: string, type: SettingType, text: string | null, fields: SecurityFields): SecurityRow {
  return { name, type, default: text, fields };
}

const STORES_OF_JAVA =
  'PEM or PKCS12; a JKS store is made one with `keytool -importkeystore -srckeystore OLD.jks -destkeystore NEW.p12 ' +
  '-deststoretype pkcs12`';
const TRUST_IN_PEM =
  'PEM; the certificates of a Java trust store are written with `keytool -exportcert -rfc -keystore STORE -alias NAME`';

const TLS: readonly SecurityRow[] = [
  row('ssl.keystore.type', 'string', 'PEM', {
    check: (text) => (['PEM', 'PKCS12'].includes(text) ? null : STORES_OF_JAVA),
    kafkaDefault: 'JKS',
    dynamic: true,
    doc: 'The form of the key store: PEM, or PKCS12.',
  }),
  row('ssl.keystore.location', 'string', null, {
    dynamic: true,
    doc:
      'The file of the key and certificates that a TLS listener shows. A changed file is noticed within ' +
      'polylog.tls.reload.ms.',
  }),
  row('ssl.keystore.password', 'password', null, { doc: 'The password of a PKCS12 key store.' }),
  row('ssl.keystore.key', 'password', null, {
    doc: 'The private key itself, in PEM, in place of a file; with ssl.keystore.certificate.chain.',
  }),
  row('ssl.keystore.certificate.chain', 'password', null, {
    doc: 'The certificates of the key itself, in PEM, its own first.',
  }),
  row('ssl.key.password', 'password', null, { doc: 'The password of the private key.' }),
  row('ssl.truststore.type', 'string', 'PEM', {
    check: (text) => (text === 'PEM' ? null : TRUST_IN_PEM),
    kafkaDefault: 'JKS',
    dynamic: true,
    doc: 'The form of the trust store: PEM.',
  }),
  row('ssl.truststore.location', 'string', null, {
    dynamic: true,
    doc: 'The file of the certificates, in PEM, by whose authority clients are known.',
  }),
  row('ssl.truststore.certificates', 'password', null, {
    doc: 'These certificates themselves, in PEM, in place of a file.',
  }),
  row('ssl.client.auth', 'string', 'none', {
    values: ['none', 'requested', 'required'],
    doc:
      'Whether clients show a certificate. On a SASL_SSL listener it holds only where it is set for the listener; who a ' +
      'client is, SASL says there.',
  }),
  row('ssl.enabled.protocols', 'list', 'TLSv1.2,TLSv1.3', {
    values: ['TLSv1.2', 'TLSv1.3'],
    check: (text) => (text === '' ? 'at least one of TLSv1.2 and TLSv1.3' : null),
    doc: 'The versions of TLS that are spoken.',
  }),
  row('ssl.cipher.suites', 'list', '', {
    doc: "The cipher suites that are offered, by their names in the standard or in OpenSSL; empty: Node's.",
  }),
  row('ssl.principal.mapping.rules', 'string', 'DEFAULT', {
    check: checkPrincipalRules,
    doc:
      'How the name in a client certificate becomes the name of a user: RULE:PATTERN/REPLACEMENT/ with L or U behind it for ' +
      'small letters or capitals, several separated by commas, the first that matches counts; DEFAULT takes it as it is.',
  }),
  row('polylog.tls.reload.ms', 'long', '10000', {
    unit: 'ms',
    min: 10,
    doc: 'How often the files of certificates and keys are looked at for changes.',
  }),
  row('polylog.tls.handshakes.max', 'int', '2000', {
    unit: 'connections',
    min: 1,
    doc: 'Connections of a listener in the TLS handshake at one time; further ones are closed at once.',
  }),
];

const MECHANISM_FORM = `a list of ${SASL_MECHANISMS.join(', ')}, separated by commas`;

const SASL: readonly SecurityRow[] = [
  row('sasl.enabled.mechanisms', 'list', 'SCRAM-SHA-256,SCRAM-SHA-512', {
    check: (text) =>
      text !== '' && text.split(',').every((name) => SASL_MECHANISMS.some((known) => known === name))
        ? null
        : MECHANISM_FORM,
    kafkaDefault: 'GSSAPI',
    doc: 'The SASL mechanisms that clients may choose.',
  }),
  row('sasl.jaas.config', 'password', null, {
    check: checkJaas,
    doc:
      'Users of PLAIN, as Kafka writes them: `PlainLoginModule required user_NAME="PASSWORD" …;`. It is set for one listener ' +
      'and mechanism: listener.name.NAME.plain.sasl.jaas.config. Users of `polylog user` are let in too.',
  }),
  row('sasl.server.max.receive.size', 'int', '524288', {
    unit: 'bytes',
    min: 1024,
    doc: 'The largest request before a client has shown who it is.',
  }),
  row('connections.max.reauth.ms', 'long', '0', {
    unit: 'ms',
    min: 0,
    doc:
      'How long a client of SASL may go on before it must show anew who it is (KIP-368); 0: for as long as what it showed ' +
      'is good.',
  }),
  row('sasl.oauthbearer.jwks.endpoint.url', 'string', null, {
    check: (text) =>
      /^(https?|file):\/\//.test(text) ? null : 'an address that begins with https://, http:// or file://',
    doc:
      'Where the keys are that tokens are signed with, a JWKS: an https:// or file:// address (http:// only where nobody ' +
      'can come in between).',
  }),
  row('sasl.oauthbearer.jwks.endpoint.refresh.ms', 'long', '3600000', {
    unit: 'ms',
    min: 1000,
    doc: 'How long keys are kept before they are read again; a token with an unknown key makes it sooner.',
  }),
  row('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', 'long', '100', {
    unit: 'ms',
    min: 1,
    doc: 'The least time between two readings of the keys.',
  }),
  row('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 'long', '10000', {
    unit: 'ms',
    min: 1,
    status: 'no-meaning',
    note: 'Accepted without effect: keys are read when a token needs them, not over and over.',
    doc: 'The longest time between two readings of the keys in Kafka.',
  }),
  row('sasl.oauthbearer.expected.issuer', 'string', null, { doc: 'The issuer that a token must have.' }),
  row('sasl.oauthbearer.expected.audience', 'list', '', {
    doc: 'The audiences of which a token must have one; empty: any.',
  }),
  row('sasl.oauthbearer.clock.skew.seconds', 'int', '30', {
    min: 0,
    doc: 'By how many seconds the clocks of issuer and broker may differ.',
  }),
  row('sasl.oauthbearer.sub.claim.name', 'string', 'sub', {
    check: (text) => (text === '' ? 'a name' : null),
    doc: 'The claim of a token that has the name of the user.',
  }),
  row('sasl.oauthbearer.scope.claim.name', 'string', 'scope', {
    status: 'no-meaning',
    note: 'Accepted without effect: scopes grant nothing here, access rules do.',
    doc: 'The claim of a token that has its scopes.',
  }),
  row('polylog.sasl.oauthbearer.unsecured', 'boolean', 'false', {
    doc: 'Whether tokens without a signature are taken, which anybody can make: for development only. Then no keys are read.',
  }),
];

const PROTOCOLS_THEMSELVES = 'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL';

const ADMISSION: readonly SecurityRow[] = [
  row('listener.security.protocol.map', 'list', PROTOCOLS_THEMSELVES, {
    check: checkProtocolMap,
    doc: 'The protocol of each listener by its name: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. Their own names stand for themselves.',
  }),
  row('connection.failed.authentication.delay.ms', 'int', '100', {
    unit: 'ms',
    min: 0,
    doc: 'How long a client that could not show who it is waits for the answer, so that it does not try too often.',
  }),
  row('polylog.authentication.timeout.ms', 'long', '30000', {
    unit: 'ms',
    min: 100,
    doc: 'How long a client may take to show who it is, from the first byte on, and how long for a TLS handshake.',
  }),
  row('polylog.allow.unauthenticated', 'boolean', 'false', {
    doc:
      'Whether a listener may let in anybody on an address that other machines can reach: PLAINTEXT, and SSL without ' +
      'ssl.client.auth=required. Otherwise the broker does not start with one.',
  }),
];

export const SECURITY_ROWS: readonly SecurityRow[] = [...ADMISSION, ...TLS, ...SASL];

/** What may be set for one listener. */
export const LISTENER_SETTINGS: ReadonlySet<string> = new Set([
  ...[...TLS, ...SASL].map(({ name }) => name).filter((name) => name !== 'sasl.jaas.config'),
  // Limits of connections: they apply beside those of all listeners.
  'max.connections',
  'max.connection.creation.rate',
]);

/** What may be set for one mechanism of one listener: `listener.name.NAME.MECHANISM.SETTING`. */
export const MECHANISM_SETTINGS: ReadonlySet<string> = new Set([
  'sasl.jaas.config',
  'connections.max.reauth.ms',
]);

/** All that may stand behind `listener.name.NAME.`, the longest first: what ends like another is not taken for it. */
export function listenerSettingNames(): string[] {
  const ofMechanisms = SASL_MECHANISMS.flatMap((mechanism) =>
    [...MECHANISM_SETTINGS].map((name) => `${mechanism.toLowerCase()}.${name}`),
  );
  return [...LISTENER_SETTINGS, ...ofMechanisms].sort((a, b) => b.length - a.length);
}

function checkJaas(text: string): string | null {
  const login = parseJaas(text);
  if (login === null) return 'a login module of Java, e.g. PlainLoginModule required user_alice="PASSWORD";';
  if (login.module === 'PlainLoginModule' || login.module === 'ScramLoginModule') return null;
  return 'a PlainLoginModule or a ScramLoginModule';
}
