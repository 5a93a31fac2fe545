/** Kafka over TLS with an independent client: certificates, SASL behind them, new certificates while the broker runs. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { salted } from '../../security/support/salted.ts';
import { TestLogger } from '../../store/support.ts';
import { ALTER_USERS, INCREMENTAL_ALTER_CONFIGS } from '../../support/kafka-apis.ts';
import { TestClient } from '../../support/kafka-client.ts';
import { asClient, certificate, certificatePath, connectTls } from '../../support/tls.ts';

// It is CommonJS.
const { Kafka, logLevel } = kafkajs;

let broker: EmbeddedBroker;
let directory: string;
let keystore: string;
const logger = new TestLogger();

const portOf = (name: string): number => broker.listeners.find((one) => one.name === name)!.port;
const plainClient = (): Promise<TestClient> => TestClient.connect(`127.0.0.1:${portOf('PLAINTEXT')}`);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tls-test-'));
  keystore = join(directory, 'broker.pem');
  copyFileSync(certificatePath('broker.pem'), keystore);
  broker = await startBroker({
    data: 'memory',
    logger,
    settings: {
      listeners: ['PLAINTEXT', 'SSL', 'SASL_SSL', 'MUTUAL'].map((name) => `${name}://127.0.0.1:0`).join(),
      'listener.security.protocol.map': 'MUTUAL:SSL',
      'ssl.keystore.location': keystore,
      'polylog.tls.reload.ms': 20,
      'ssl.truststore.location': certificatePath('ca.pem'),
      'listener.name.mutual.ssl.client.auth': 'required',
      'listener.name.mutual.ssl.keystore.type': 'PKCS12',
      'listener.name.mutual.ssl.keystore.location': certificatePath('broker.p12'),
      'listener.name.mutual.ssl.keystore.password': 'test',
      'listener.name.mutual.ssl.principal.mapping.rules': 'RULE:^CN=([a-z-]+),.*$/$1/U',
      'polylog.audit.log': 'stderr',
    },
  });
  await using client = await plainClient();
  await client.call(ALTER_USERS, { upsertions: [salted('alice', 'SCRAM-SHA-256', 'secret')] });
});
afterAll(async () => {
  await broker.close();
  rmSync(directory, { recursive: true });
});

const ssl = { ca: [certificate('ca.pem')] };

async function roundTrip(port: number, options: Partial<KafkaConfig>): Promise<string> {
  const kafka = new Kafka({
    brokers: [`localhost:${port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...options,
  });
  const producer = kafka.producer();
  const topic = `topic-${port}-${Math.random()}`;
  try {
    await producer.connect();
    const [answer] = await producer.send({ topic, messages: [{ value: 'x'.repeat(100_000) }] });
    return `${answer!.errorCode} ${answer!.baseOffset}`;
  } finally {
    await producer.disconnect();
  }
}

/** Asks until a look at the files has shown it. */
async function nameShown(port: number, expected: string): Promise<void> {
  for (;;) {
    const socket = await connectTls(port);
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    if (CN === expected) return;
  }
}

describe('Kafka over TLS', () => {
  it('serves clients, whom it asks for nothing more on SSL', async () => {
    expect(await roundTrip(portOf('SSL'), { ssl })).toBe('0 0');
    await expect(roundTrip(portOf('SSL'), {})).rejects.toThrow();
    await expect(roundTrip(portOf('SSL'), { ssl: true })).rejects.toThrow(/certificate/);
  });

  it('asks for SASL on SASL_SSL', async () => {
    // kafkajs writes into it: each client has its own.
    const alice = (password: string): SASLOptions => ({
      mechanism: 'scram-sha-256',
      username: 'alice',
      password,
    });
    expect(await roundTrip(portOf('SASL_SSL'), { ssl, sasl: alice('secret') })).toBe('0 0');
    await expect(roundTrip(portOf('SASL_SSL'), { ssl })).rejects.toThrow();
    await expect(roundTrip(portOf('SASL_SSL'), { ssl, sasl: alice('x') })).rejects.toThrow(
      /Authentication failed/,
    );
  });

  it('knows clients by their certificates, and calls them as the rules say', async () => {
    const shown = { ...ssl, ...asClient('client.pem') } as KafkaConfig['ssl'];
    expect(await roundTrip(portOf('MUTUAL'), { ssl: shown! })).toBe('0 0');
    const stranger = { ...ssl, ...asClient('stranger.pem') } as KafkaConfig['ssl'];
    await expect(roundTrip(portOf('MUTUAL'), { ssl: stranger! })).rejects.toThrow();
    const told = logger.lines.map(({ message }) => message).join('\n');
    expect(told).toMatch(/ORDERS-SERVICE/);
    expect(told).toMatch(/its certificate is not known/);
  });

  it.each([
    [
      certificatePath('broker-locked.pem'),
      /^Can't listen on SSL:.*See its key and certificates .* \(ssl\.key\.password\)/,
    ],
    ['/nowhere.pem', /^listener SSL: there is no file \/nowhere\.pem\.$/],
    [certificatePath('ca.pem'), /^listener SSL: .*ca\.pem has no private key in PEM\.$/],
  ])('does not begin with what can not be used: %s', async (location, message) => {
    const settings = { listeners: 'SSL://127.0.0.1:0', 'ssl.keystore.location': location };
    await expect(startBroker({ data: 'memory', settings })).rejects.toThrow(message);
  });

  it('shows a new certificate without a restart, and keeps the old one when the new one is no good', async () => {
    const port = portOf('SSL');
    copyFileSync(certificatePath('renewed.pem'), keystore);
    await nameShown(port, 'renewed');
    writeFileSync(keystore, 'no certificate');
    while (logger.messages('error').length === 0) await nameShown(port, 'renewed');
    expect(logger.messages('error')[0]).toMatch(/can't be used \(.* has no certificate in PEM\)/);
    await using client = await plainClient();
    const alter = (value: string) =>
      client.call(INCREMENTAL_ALTER_CONFIGS, {
        resources: [
          {
            resourceType: 4,
            resourceName: '1',
            configs: [{ name: 'listener.name.ssl.ssl.keystore.location', configOperation: 0, value }],
          },
        ],
      });
    const answer = await alter(certificatePath('broker.pem'));
    expect(answer.responses[0]!.errorMessage).toBeNull();
    await nameShown(port, 'localhost');
    expect(await roundTrip(port, { ssl })).toBe('0 0');
  });

  it('refuses settings with which it would not start again, and no others', async () => {
    await using client = await plainClient();
    const alter = async (name: string, value: string | null) => {
      const resource = { resourceType: 4, resourceName: '1' };
      const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
      const { responses } = await client.call(INCREMENTAL_ALTER_CONFIGS, {
        resources: [{ ...resource, configs }],
      });
      return responses[0]!.errorMessage;
    };
    copyFileSync(certificatePath('broker.pem'), keystore);
    const location = 'listener.name.ssl.ssl.keystore.location';
    expect(await alter(location, '/nowhere.pem')).toBe(
      'listener SSL could not use this key store or trust store: there is no file /nowhere.pem.',
    );
    const unfit = join(directory, 'unfit.pem');
    const pem = certificate('stranger.pem').toString();
    const key = pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE'));
    writeFileSync(unfit, `${key}${certificate('ca.pem')}`);
    expect(await alter(location, unfit)).toMatch(/^listener SSL could not use .*key values mismatch/);
    expect(await alter('listener.name.ssl.ssl.keystore.type', 'PKCS12')).toMatch(
      /^listener SSL could not use/,
    );
    expect(await alter('listener.name.mutual.ssl.truststore.location', '/nowhere.pem')).toMatch(
      /^listener MUTUAL could not use/,
    );
    writeFileSync(keystore, 'no certificate');
    expect(await alter('max.connections', '1000')).toBeNull();
    copyFileSync(certificatePath('broker.pem'), keystore);
    expect(await alter('max.connections', null)).toBeNull();
    expect(await alter(location, certificatePath('renewed.pem'))).toBeNull();
    await nameShown(portOf('SSL'), 'renewed');
    expect(await alter(location, null)).toBeNull();
  });
});
