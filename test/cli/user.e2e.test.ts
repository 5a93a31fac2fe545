// `polylog user`, and all commands over TLS with a login. Needs `npm run build`, as `npm test` does.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBroker } from '../../src/embed/index.ts';
import { polylog } from '../support/polylog-command.ts';
import { certificatePath } from '../support/tls.ts';

test('users are made, log in over TLS, and are removed', { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'user-test-'));
  await using broker = await startBroker({
    data: 'memory',
    settings: {
      listeners: 'PLAINTEXT://127.0.0.1:0,SASL_SSL://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
      'ssl.keystore.location': certificatePath('broker.pem'),
    },
  });
  const address = (name: string): string => {
    const { host, port } = broker.listeners.find((listener) => listener.name === name)!;
    return `${host}:${port}`;
  };
  const admin = (args: string, input = '') =>
    polylog([...args.split(' '), '--bootstrap', address('PLAINTEXT')], { input });
  const config = (name: string, properties: Record<string, string>): string => {
    const path = join(directory, name);
    const all = {
      'security.protocol': 'SASL_SSL',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': certificatePath('ca.pem'),
      ...properties,
    };
    writeFileSync(
      path,
      Object.entries(all)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return path;
  };
  const jaas = (module: string, password: string): string =>
    `org.apache.kafka.common.security.${module} required username="alice" password="${password}";`;
  const login = (mechanism: string, password: string): string =>
    config(`${mechanism}-${password}.properties`, {
      'sasl.mechanism': mechanism,
      'sasl.jaas.config': jaas(
        mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule',
        password,
      ),
    });
  const as = (file: string, args: string, input = '') =>
    polylog([...args.split(' '), '--bootstrap', address('SASL_SSL'), '--command-config', file], { input });

  expect((await admin('user list')).out).toMatch(/^there are no users/);
  expect(await admin('user add alice', 'first\nignored\n')).toEqual({
    code: 0,
    out: 'added user alice\n',
    err: '',
  });
  expect((await admin('user add alice', 'x\n')).err).toMatch(/is there already/);
  expect(JSON.parse((await admin('user list --json')).out)).toEqual({
    user: 'alice',
    credentials: [
      { mechanism: 'SCRAM-SHA-256', iterations: 8192 },
      { mechanism: 'SCRAM-SHA-512', iterations: 8192 },
    ],
  });

  expect((await as(login('SCRAM-SHA-512', 'first'), 'topic create orders')).code).toBe(0);
  expect((await as(login('PLAIN', 'first'), 'produce orders', 'one\ntwo\n')).code).toBe(0);
  expect((await as(login('SCRAM-SHA-512', 'first'), 'queue create orders billing')).code).toBe(0);
  expect((await as(login('PLAIN', 'first'), 'queue list')).out).toMatch(/^orders +billing/m);
  const consumed = await as(
    login('SCRAM-SHA-256', 'first'),
    'consume orders --from-beginning --count 2 --group g',
  );
  expect(consumed).toMatchObject({ code: 0, out: 'one\ntwo\n' });

  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, 'second\n');
  const changed = await admin(`user password alice --iterations 4096 --password-file ${passwordFile}`);
  expect(changed.out).toBe('changed the password of user alice\n');
  const refused = await as(login('SCRAM-SHA-512', 'first'), 'topic list');
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/^polylog: the broker at .* does not let us in \(.*\): see user and password/);
  expect((await as(login('SCRAM-SHA-512', 'second'), 'topic list')).out).toMatch(/orders/);

  const untrusted = config('untrusted.properties', {
    'ssl.truststore.location': certificatePath('stranger.pem'),
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': jaas('plain.PlainLoginModule', 'second'),
  });
  expect(await as(untrusted, 'topic list')).toMatchObject({
    code: 3,
    err: expect.stringMatching(/certificate of the broker .* is not trusted/),
  });
  const wrong = config('wrong.properties', { 'sasl.mechanism': 'GSSAPI' });
  expect(await as(wrong, 'topic list')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/sasl.mechanism must be/),
  });
  expect((await admin('user password nobody', 'x')).err).toMatch(/there is no user "nobody"/);
  expect((await admin('user add bob', '\n')).err).toMatch(/a password has 1 to 1024 characters/);
  expect((await admin('user add bob', 'ﬁn\n')).err).toMatch(
    /characters that clients write in different ways/,
  );

  expect((await admin('user remove alice')).err).toMatch(/add --yes/);
  expect((await admin('user remove alice --mechanism SCRAM-SHA-256 --yes')).out).toBe('removed user alice\n');
  expect((await admin('user list')).out).toMatch(/^alice\s+SCRAM-SHA-512\s+4096/m);
  expect((await admin('user remove alice --yes')).code).toBe(0);
  expect((await admin('user list')).out).toMatch(/^there are no users/);
  expect((await as(login('SCRAM-SHA-512', 'second'), 'topic list')).code).toBe(1);
  rmSync(directory, { recursive: true });
});
