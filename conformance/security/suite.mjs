// TLS and SASL: the checks of Security.java, then kcat, kafkajs and driver.py, a new certificate, and the audit log of all.
import { deepStrictEqual, match, ok, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import kafkajs from 'kafkajs';
import { summary, test } from '../lib/harness.mjs';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
const { AUDIT_LOG, CERTIFICATES, CLASSES, PEER_DIR, PYTHON, RUN } = process.env;
const at = (listener) => process.env[`AT_${listener}`];
const { Kafka, logLevel } = kafkajs;
/** How many there are in Security.java and driver.py. */
const JAVA_CHECKS = 18;
const PYTHON_CHECKS = 19;

/** Runs a program and passes on the lines of its checks as tests of this suite. */
async function runChecks(name, count, command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const checks = lines.filter((line) => /^(not )?ok /.test(line));
  for (const line of checks) {
    const [, check, why] = /^(?:not )?ok ([^:]*: [^:]*)(?:: (.*))?$/.exec(line);
    await test(check, async () => ok(line.startsWith('ok '), why));
  }
  await test(`${name}: comes to its end`, async () => deepStrictEqual([code, checks.length], [0, count]));
}

/** What kcat prints; rejects with its words where it fails. */
function kcat(listener, properties, args, input = '') {
  const options = Object.entries(properties).flatMap(([key, value]) => ['-X', `${key}=${value}`]);
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-b', at(listener), '-m', '10', ...options, ...args]);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(err))));
    child.stdin.end(input);
  });
}

async function kcatChecks() {
  const ca = { 'ssl.ca.location': `${CERTIFICATES}/ca.pem` };
  const scram = (password) => ({
    'security.protocol': 'sasl_ssl',
    'sasl.mechanism': 'SCRAM-SHA-256',
    'sasl.username': 'alice',
    'sasl.password': password,
    ...ca,
  });
  await test('kcat: SSL', async () => {
    const ssl = { 'security.protocol': 'ssl', ...ca };
    await kcat('SSL', ssl, ['-P', '-t', 'kcat'], 'hello\n');
    deepStrictEqual(
      await kcat('SSL', ssl, ['-C', '-t', 'kcat', '-o', 'beginning', '-c', '1', '-q']),
      'hello\n',
    );
  });
  await test('kcat: SCRAM-SHA-256', async () =>
    match(await kcat('SASL_SSL', scram('alice-secret'), ['-L']), /topic "kcat"/));
  await test('kcat: wrong password', () =>
    rejects(kcat('SASL_SSL', scram('wrong'), ['-L']), /authentication|timed out/i));
  await test('kcat: a token without a signature, where a setting allows it', async () => {
    const unsecured = {
      'security.protocol': 'sasl_plaintext',
      'sasl.mechanism': 'OAUTHBEARER',
      'enable.sasl.oauthbearer.unsecure.jwt': 'true',
      'sasl.oauthbearer.config': 'principal=erin lifeSeconds=600',
    };
    match(await kcat('DEV', unsecured, ['-L']), /topic "kcat"/);
    await rejects(kcat('TOKEN', { ...unsecured, ...ca, 'security.protocol': 'sasl_ssl' }, ['-L']));
  });
}

async function kafkajsRoundTrip(listener, options) {
  const kafka = new Kafka({
    brokers: [at(listener)],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...options,
  });
  const producer = kafka.producer();
  try {
    await producer.connect();
    await producer.send({ topic: 'kafkajs', messages: [{ value: 'v'.repeat(50_000) }] });
  } finally {
    await producer.disconnect();
  }
}

async function kafkajsChecks() {
  const file = (name) => readFileSync(`${CERTIFICATES}/${name}`);
  const ssl = { ca: [file('ca.pem')] };
  const login = (mechanism, username, password) => ({ ssl, sasl: { mechanism, username, password } });
  const token = (name) => async () => ({ value: readFileSync(`${RUN}/${name}`, 'utf8') });
  const bearer = (name) => ({ ssl, sasl: { mechanism: 'oauthbearer', oauthBearerProvider: token(name) } });
  await test('kafkajs: SSL', () => kafkajsRoundTrip('SSL', { ssl }));
  await test('kafkajs: client certificate', () =>
    kafkajsRoundTrip('MUTUAL', { ssl: { ...ssl, key: file('client.pem'), cert: file('client.pem') } }));
  await test('kafkajs: no client certificate', () => rejects(kafkajsRoundTrip('MUTUAL', { ssl })));
  await test('kafkajs: PLAIN', () => kafkajsRoundTrip('SASL_SSL', login('plain', 'carol', 'carol-secret')));
  for (const mechanism of ['scram-sha-256', 'scram-sha-512']) {
    await test(`kafkajs: ${mechanism}`, () =>
      kafkajsRoundTrip('SASL_SSL', login(mechanism, 'alice', 'alice-secret')));
    await test(`kafkajs: wrong password of ${mechanism}`, () =>
      rejects(kafkajsRoundTrip('SASL_SSL', login(mechanism, 'alice', 'wrong')), /Authentication failed/));
  }
  await test('kafkajs: token', () => kafkajsRoundTrip('TOKEN', bearer('token.jwt')));
  await test('kafkajs: stale token', () => rejects(kafkajsRoundTrip('TOKEN', bearer('stale.jwt'))));
  await test('kafkajs: without a login', () => rejects(kafkajsRoundTrip('SASL_SSL', { ssl })));
}

/** The name in the certificate that a listener shows. */
function nameShown(listener) {
  const [host, port] = at(listener).split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: readFileSync(`${CERTIFICATES}/ca.pem`) }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

async function renewalCheck() {
  await test('a new certificate is shown without a restart', async () => {
    deepStrictEqual(await nameShown('SSL'), 'localhost');
    copyFileSync(`${CERTIFICATES}/renewed.pem`, `${CERTIFICATES}/shown.pem`);
    while ((await nameShown('SSL')) !== 'renewed') await new Promise((resolve) => setImmediate(resolve));
  });
}

async function auditChecks() {
  const text = readFileSync(AUDIT_LOG, 'utf8');
  for (const user of ['alice', 'carol', 'dave', 'erin', 'mapped-orders-service']) {
    await test(`audit log: ${user} was let in`, async () =>
      match(text, new RegExp(`User:${user} was let in`)));
  }
  await test('audit log: failures are told with their reasons', async () => {
    for (const reason of [
      /wrong password/,
      /wrong user or password/,
      /signature verification failed/,
      /TLS handshake failed/,
    ])
      match(text, reason);
  });
  await test('audit log: no secret is in it', async () => ok(!/alice-secret|carol-secret|eyJ/.test(text)));
}

await runChecks('java', JAVA_CHECKS, 'java', [
  '-Xmx256m',
  '-cp',
  `${PEER_DIR}/libs/*:${CLASSES}`,
  'Security',
]);
await kcatChecks();
await kafkajsChecks();
await runChecks('python', PYTHON_CHECKS, PYTHON, ['driver.py']);
await renewalCheck();
await auditChecks();
process.exit(summary());
