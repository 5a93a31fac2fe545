/** Listeners as the settings make them: protocols, settings of one listener, and what is refused with which sentence. */
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { advertisedFor } from '../../src/metadata/broker-settings.ts';
import { formatListener, isLoopback, parseListener } from '../../src/metadata/listener.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';

function load(values: Readonly<Record<string, string>>, environment = {}) {
  const flags = Object.entries(values).map(([name, value]) => ({ name, value, flag: '--set' }));
  const config = loadBrokerConfig({ flags, environment });
  if (config instanceof BrokerError) throw config;
  return config.settings;
}
const problem = (values: Readonly<Record<string, string>>): string => {
  try {
    load(values);
  } catch (error) {
    return (error as BrokerError).message;
  }
  return 'none';
};
const TLS = { 'ssl.keystore.location': '/k' };

describe('an address', () => {
  it.each([
    ['kafka://h:1', 'PLAINTEXT', 'h', 1, 'kafka://h:1'],
    ['h:1', 'PLAINTEXT', 'h', 1, 'kafka://h:1'],
    ['PLAINTEXT://:0', 'PLAINTEXT', '', 0, 'kafka://:0'],
    ['External-2://[::1]:9', 'EXTERNAL-2', '::1', 9, 'EXTERNAL-2://[::1]:9'],
    ['sasl_ssl://h:1', 'SASL_SSL', 'h', 1, 'SASL_SSL://h:1'],
  ])('%s', (text, name, host, port, formatted) => {
    expect(parseListener(text)).toEqual({ protocol: 'kafka', name, host, port });
    expect(formatListener(parseListener(text)!)).toBe(formatted);
  });

  it.each(['SSL://h', 'SSL:h:1', '1://h:1', '://h:1', 'SSL://h:65536', 'SSL://a b:1'])(
    '%s is none',
    (text) => {
      expect(parseListener(text)).toBeNull();
    },
  );

  it('is a loopback, or can be reached from elsewhere', () => {
    expect(['127.0.0.1', '127.8.9.10', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['', '0.0.0.0', '::', '10.0.0.1', '127.example', 'h'].some(isLoopback)).toBe(false);
  });
});

describe('listeners', () => {
  it('have the protocol of their name, and settings of their own before those of all', () => {
    const { listeners } = load({
      listeners: 'PLAINTEXT://127.0.0.1:1,SASL_SSL://:2,EXTERNAL://:3',
      'listener.security.protocol.map': 'EXTERNAL:SSL',
      'ssl.keystore.location': '/all.pem',
      'ssl.client.auth': 'required',
      'ssl.truststore.location': '/ca.pem',
      'listener.name.external.ssl.keystore.location': '/external.p12',
      'listener.name.external.ssl.keystore.type': 'PKCS12',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': 'PlainLoginModule required user_a="b" username="c";',
      'listener.name.sasl_ssl.scram-sha-512.connections.max.reauth.ms': '5000',
      'connections.max.reauth.ms': '7000',
    });
    expect(listeners.map(({ name, security }) => `${name} ${security}`)).toEqual([
      'PLAINTEXT PLAINTEXT',
      'SASL_SSL SASL_SSL',
      'EXTERNAL SSL',
    ]);
    const [plain, sasl, external] = listeners;
    expect([plain!.tls, plain!.sasl, external!.sasl]).toEqual([null, null, null]);
    expect(sasl!.sasl).toMatchObject({
      mechanisms: ['PLAIN', 'SCRAM-SHA-512'],
      plainUsers: new Map([['a', 'b']]),
      reauthMsMax: { PLAIN: 7000, 'SCRAM-SHA-512': 5000 },
      oauth: null,
    });
    // As in Kafka: what holds for SSL doesn't ask clients of SASL_SSL for certificates.
    expect(sasl!.tls).toMatchObject({
      keystoreLocation: '/all.pem',
      keystoreType: 'PEM',
      clientAuth: 'none',
    });
    expect(external!.tls).toMatchObject({
      keystoreLocation: '/external.p12',
      keystoreType: 'PKCS12',
      clientAuth: 'required',
    });
  });

  it('take settings of their own from the environment', () => {
    const { listeners } = load(
      { listeners: 'IN_SIDE://127.0.0.1:1', 'listener.security.protocol.map': 'IN_SIDE:SASL_PLAINTEXT' },
      {
        POLYLOG_LISTENER_NAME_IN_SIDE_SASL_ENABLED_MECHANISMS: 'PLAIN',
        POLYLOG_LISTENER_NAME_IN_SIDE_PLAIN_SASL_JAAS_CONFIG: 'PlainLoginModule required user_a="b";',
      },
    );
    expect(listeners[0]!.sasl).toMatchObject({ mechanisms: ['PLAIN'], plainUsers: new Map([['a', 'b']]) });
  });

  it('are told to clients by their names', () => {
    const settings = load({
      listeners: 'PLAINTEXT://127.0.0.1:1,SASL_SSL://:2',
      'advertised.listeners': 'SASL_SSL://outside:3,PLAINTEXT://inside:0',
      ...TLS,
    });
    expect(advertisedFor(settings, 0)).toMatchObject({ host: 'inside', port: 0 });
    expect(advertisedFor(settings, 1)).toMatchObject({ host: 'outside', port: 3 });
    const one = load({ listeners: 'SASL_SSL://:2,SSL://127.0.0.1:3', 'advertised.listeners': 'h:0', ...TLS });
    expect([0, 1].map((index) => advertisedFor(one, index)?.host)).toEqual(['h', 'h']);
  });

  it.each([
    [
      { listeners: 'kafka://:1' },
      /^listener PLAINTEXT on all interfaces would let in anybody .* polylog\.allow\.unauthenticated=true\.$/,
    ],
    [
      { listeners: 'SSL://10.0.0.1:1', ...TLS },
      /^listener SSL on 10\.0\.0\.1 would let in anybody .*: set ssl\.client\.auth=required/,
    ],
    [
      { listeners: 'EXTERNAL://127.0.0.1:1' },
      /has no protocol: say in listener\.security\.protocol\.map what EXTERNAL is/,
    ],
    [
      { listeners: 'rocketmq://127.0.0.1:8081' },
      /RocketMQ's clients come to polylog\.rocketmq\.listeners, e\.g\. --set polylog\.rocketmq\.listeners=127\.0\.0\.1:8081\.$/,
    ],
    [
      { listeners: 'SASL_SSL://:1' },
      /^listener SASL_SSL speaks TLS and has no certificate: set ssl\.keystore\.location/,
    ],
    [{ listeners: 'SSL://:1', 'ssl.client.auth': 'required', ...TLS }, /doesn't say by whose authority/],
    [
      { listeners: 'SASL_PLAINTEXT://:1', 'sasl.enabled.mechanisms': 'OAUTHBEARER' },
      /has no keys to check them: set sasl\.oauthbearer\.jwks/,
    ],
    [
      { 'sasl.jaas.config': 'PlainLoginModule required;' },
      /^sasl\.jaas\.config: say for which listener and mechanism/,
    ],
    [
      { 'listener.name.ghost.ssl.client.auth': 'none' },
      /^listener\.name\.ghost\.ssl\.client\.auth: there is no listener GHOST/,
    ],
    [{ 'listener.name.plaintext.num.partitions': '3' }, /no setting of a listener has this name/],
    [{ 'ssl.keystore.type': 'JKS' }, /keytool -importkeystore/],
    [{ 'ssl.truststore.type': 'PKCS12' }, /keytool -exportcert/],
    [{ 'sasl.enabled.mechanisms': 'GSSAPI' }, /it takes a list of PLAIN, SCRAM-SHA-256/],
    [{ 'listener.security.protocol.map': 'A:TLS' }, /PROTOCOL is one of PLAINTEXT, SSL/],
    [
      {
        listeners: 'kafka://127.0.0.1:1,SSL://127.0.0.1:2',
        'advertised.listeners': 'kafka://a:1,SASL_SSL://a:2',
        ...TLS,
      },
      /advertised\.listeners names SASL_SSL, and listeners has none/,
    ],
  ] as const)('are refused: %j', (values, expected) => {
    expect(problem(values)).toMatch(expected);
  });

  it('never tell a password, nor what was given as one', () => {
    const told = problem({ 'listener.name.x.plain.sasl.jaas.config': 'secret words' });
    expect(told).not.toContain('secret words');
    expect(told).toContain('********');
  });

  it('let anybody in from other machines only with the setting, and need it for nothing else', () => {
    expect(problem({ listeners: 'kafka://:1', 'polylog.allow.unauthenticated': 'true' })).toBe('none');
    expect(problem({ listeners: 'kafka://127.0.0.1:1,SASL_PLAINTEXT://:2' })).toBe('none');
    const mutual = { 'ssl.client.auth': 'required', 'ssl.truststore.location': '/ca', ...TLS };
    expect(problem({ listeners: 'SSL://:1', ...mutual })).toBe('none');
  });
});
