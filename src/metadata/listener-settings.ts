/**
 * The listeners of a broker as its settings make them: where, with which protocol, with which keys and which ways to show
 * who one is. A setting `listener.name.NAME.SETTING` comes before SETTING, wherever either was given.
 */
import { assert } from '../base/assert.ts';
import type { TokenRules } from '../platform/ports.ts';
import { brokerSetting, brokerText, effectiveBrokerValue } from './broker-config.ts';
import type { BrokerValues } from './broker-values.ts';
import { parseJaas } from './jaas.ts';
import {
  isLoopback,
  type ListenerAddress,
  parseListener,
  type SecurityProtocol,
  securityOf,
} from './listener.ts';
import { SASL_MECHANISMS, type SaslMechanism } from './security-table.ts';
import { splitList, toNumber } from './setting.ts';

export interface TlsSettings {
  readonly keystoreType: 'PEM' | 'PKCS12';
  /** Null: the key and its certificates are in the settings themselves. */
  readonly keystoreLocation: string | null;
  readonly keystorePassword: string | null;
  readonly key: string | null;
  readonly certificateChain: string | null;
  readonly keyPassword: string | null;
  readonly truststoreLocation: string | null;
  readonly truststoreCertificates: string | null;
  readonly clientAuth: 'none' | 'requested' | 'required';
  readonly protocols: readonly string[];
  /** Empty: the runtime's own. */
  readonly cipherSuites: readonly string[];
  readonly principalRules: string;
  readonly reloadMs: number;
  readonly handshakesMax: number;
}

/** Without keys, tokens without a signature are taken: only where that was asked for (listenerProblem). */
export interface OauthSettings extends TokenRules {
  readonly unsecured: boolean;
}

export interface SaslSettings {
  readonly mechanisms: readonly SaslMechanism[];
  readonly receiveBytesMax: number;
  /** 0: no bound. */
  readonly reauthMsMax: Readonly<Record<SaslMechanism, number>>;
  /** Passwords by user, for PLAIN alone. */
  readonly plainUsers: ReadonlyMap<string, string>;
  /** Null where OAUTHBEARER isn't enabled. */
  readonly oauth: OauthSettings | null;
}

export interface ListenerSettings extends ListenerAddress {
  readonly security: SecurityProtocol;
  /** Null where the listener doesn't speak TLS. */
  readonly tls: TlsSettings | null;
  /** Null where clients don't use SASL. */
  readonly sasl: SaslSettings | null;
}

/** The values of one listener. */
class Values {
  readonly #values: BrokerValues;
  readonly #prefix: string;

  constructor(values: BrokerValues, listenerName: string) {
    this.#values = values;
    this.#prefix = `listener.name.${listenerName.toLowerCase()}.`;
  }

  /** What was set for this listener alone. */
  own(name: string): string | null {
    for (const { values } of this.#values.layers) {
      const text = values.get(this.#prefix + name);
      if (text !== undefined) return text;
    }
    return null;
  }

  text(name: string): string | null {
    const own = this.own(name);
    if (own !== null) return own;
    const { text } = effectiveBrokerValue(brokerSetting(name), this.#values);
    return text === '' ? null : text;
  }

  given(name: string): string {
    return this.text(name) ?? brokerText(name, this.#values);
  }
}

/** All listeners, in the order of the settings. What listenerProblem finds must have been refused. */
export function makeListeners(values: BrokerValues): ListenerSettings[] {
  const map = brokerText('listener.security.protocol.map', values);
  return splitList(brokerText('listeners', values)).map((element) => {
    const address = parseListener(element);
    assert(address !== null, 'a checked listener can be read');
    const security = securityOf(address.name, map);
    assert(security !== null, 'a checked listener has a protocol');
    const own = new Values(values, address.name);
    const tls = security === 'SSL' || security === 'SASL_SSL';
    const sasl = security === 'SASL_PLAINTEXT' || security === 'SASL_SSL';
    return {
      ...address,
      security,
      tls: tls ? tlsSettings(own, sasl) : null,
      sasl: sasl ? saslSettings(own) : null,
    };
  });
}

/** The TLS settings of a listener that isn't one of Kafka's, by its name. */
export function ownTlsSettings(values: BrokerValues, listenerName: string): TlsSettings {
  return tlsSettings(new Values(values, listenerName), false);
}

function tlsSettings(values: Values, sasl: boolean): TlsSettings {
  // As in Kafka: what holds for SSL listeners must not ask clients of SASL_SSL for certificates they don't have.
  const clientAuth = sasl ? (values.own('ssl.client.auth') ?? 'none') : values.given('ssl.client.auth');
  return {
    // The table has these values and no others.
    keystoreType: values.given('ssl.keystore.type') as TlsSettings['keystoreType'],
    keystoreLocation: values.text('ssl.keystore.location'),
    keystorePassword: values.text('ssl.keystore.password'),
    key: values.text('ssl.keystore.key'),
    certificateChain: values.text('ssl.keystore.certificate.chain'),
    keyPassword: values.text('ssl.key.password'),
    truststoreLocation: values.text('ssl.truststore.location'),
    truststoreCertificates: values.text('ssl.truststore.certificates'),
    clientAuth: clientAuth as TlsSettings['clientAuth'],
    protocols: splitList(values.given('ssl.enabled.protocols')),
    cipherSuites: splitList(values.given('ssl.cipher.suites')),
    principalRules: values.given('ssl.principal.mapping.rules'),
    reloadMs: toNumber(values.given('polylog.tls.reload.ms')),
    handshakesMax: toNumber(values.given('polylog.tls.handshakes.max')),
  };
}

function saslSettings(values: Values): SaslSettings {
  const mechanisms = splitList(values.given('sasl.enabled.mechanisms')) as SaslMechanism[];
  const reauthOf = (mechanism: SaslMechanism): number =>
    toNumber(
      values.own(`${mechanism.toLowerCase()}.connections.max.reauth.ms`) ??
        values.given('connections.max.reauth.ms'),
    );
  return {
    mechanisms,
    receiveBytesMax: toNumber(values.given('sasl.server.max.receive.size')),
    reauthMsMax: Object.fromEntries(
      SASL_MECHANISMS.map((mechanism) => [mechanism, reauthOf(mechanism)]),
    ) as SaslSettings['reauthMsMax'],
    plainUsers: plainUsers(values.own('plain.sasl.jaas.config')),
    oauth: mechanisms.includes('OAUTHBEARER') ? oauthSettings(values) : null,
  };
}

/** The `user_NAME` options of a login module. */
function plainUsers(text: string | null): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  if (text === null) return users;
  const login = parseJaas(text);
  assert(login !== null, 'a checked login module can be read');
  for (const [name, value] of login.options) if (name.startsWith('user_')) users.set(name.slice(5), value);
  return users;
}

function oauthSettings(values: Values): OauthSettings {
  const unsecured = values.given('polylog.sasl.oauthbearer.unsecured') === 'true';
  return {
    unsecured,
    jwksUrl: unsecured ? null : values.text('sasl.oauthbearer.jwks.endpoint.url'),
    refreshMs: toNumber(values.given('sasl.oauthbearer.jwks.endpoint.refresh.ms')),
    retryMs: toNumber(values.given('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms')),
    issuer: values.text('sasl.oauthbearer.expected.issuer'),
    audiences: splitList(values.given('sasl.oauthbearer.expected.audience')),
    clockSkewSeconds: toNumber(values.given('sasl.oauthbearer.clock.skew.seconds')),
    subClaim: values.given('sasl.oauthbearer.sub.claim.name'),
  };
}

/** Whether anybody who reaches the listener is let in. */
export function letsAnybodyIn({ security, tls }: ListenerSettings): boolean {
  return security === 'PLAINTEXT' || (security === 'SSL' && tls?.clientAuth !== 'required');
}

/** What keeps the listeners from being made: null, or a sentence that says what to do. */
export function listenerProblem(values: BrokerValues): string | null {
  const map = brokerText('listener.security.protocol.map', values);
  for (const element of splitList(brokerText('listeners', values))) {
    const { name } = parseListener(element)!;
    if (securityOf(name, map) === null) {
      if (name === 'ROCKETMQ') {
        const address = element.slice(element.indexOf('//') + 2);
        return `listeners: "${element}" is not one of Kafka's: RocketMQ's clients come to polylog.rocketmq.listeners, e.g. --set polylog.rocketmq.listeners=${address}.`;
      }
      return `listeners: "${element}" has no protocol: say in listener.security.protocol.map what ${name} is, e.g. ${name}:SASL_SSL.`;
    }
  }
  if (effectiveBrokerValue(brokerSetting('sasl.jaas.config'), values).text !== null) {
    return 'sasl.jaas.config: say for which listener and mechanism: listener.name.NAME.plain.sasl.jaas.config.';
  }
  for (const { values: given } of values.layers) {
    for (const key of given.keys()) {
      const problem = strayProblem(key, values);
      if (problem !== null) return problem;
    }
  }
  for (const listener of makeListeners(values)) {
    const problem = protocolProblem(listener);
    if (problem !== null) return problem;
  }
  return null;
}

/** A setting of one listener, where there is no such listener: a sentence. Null: it is another setting, or has its listener. */
export function strayProblem(key: string, values: BrokerValues): string | null {
  const name = /^listener\.name\.([^.]+)\./.exec(key)?.[1];
  if (name === undefined) return null;
  if (name === 'rocketmq' && brokerText('polylog.rocketmq.listeners', values) !== '') return null;
  const isThere = splitList(brokerText('listeners', values)).some(
    (element) => parseListener(element)?.name.toLowerCase() === name,
  );
  return isThere
    ? null
    : `${key}: there is no listener ${name.toUpperCase()} in listeners: name one, in small letters.`;
}

function protocolProblem({ name, tls, sasl }: ListenerSettings): string | null {
  if (tls !== null && tls.keystoreLocation === null && (tls.key === null || tls.certificateChain === null)) {
    return (
      `listener ${name} speaks TLS and has no certificate: set ssl.keystore.location, ` +
      'or ssl.keystore.key and ssl.keystore.certificate.chain.'
    );
  }
  if (
    tls !== null &&
    tls.clientAuth !== 'none' &&
    tls.truststoreLocation === null &&
    tls.truststoreCertificates === null
  ) {
    return (
      `listener ${name} asks clients for certificates and doesn't say by whose authority they are known: ` +
      'set ssl.truststore.location or ssl.truststore.certificates.'
    );
  }
  if (sasl?.oauth && sasl.oauth.jwksUrl === null && !sasl.oauth.unsecured) {
    return (
      `listener ${name} takes tokens (OAUTHBEARER) and has no keys to check them: ` +
      'set sasl.oauthbearer.jwks.endpoint.url.'
    );
  }
  return null;
}

/** A listener that lets anybody in where other machines can reach it: null, or a sentence that says what to do. */
export function exposureProblem(listener: ListenerSettings): string | null {
  if (!letsAnybodyIn(listener) || isLoopback(listener.host)) return null;
  const host = listener.host === '' ? 'all interfaces' : listener.host;
  const remedy =
    listener.security === 'SSL'
      ? 'set ssl.client.auth=required, use SASL_SSL'
      : 'use SASL_SSL, or SSL with ssl.client.auth=required';
  return (
    `listener ${listener.name} on ${host} would let in anybody who reaches it: ${remedy}, listen on 127.0.0.1, or, ` +
    'on a network that you trust, set polylog.allow.unauthenticated=true.'
  );
}
