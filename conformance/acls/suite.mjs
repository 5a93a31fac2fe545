// Access rules: the checks of Acls.java, then kafkajs, then what the audit log tells of both.
import { deepStrictEqual, ok, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';
import { summary, test } from '../lib/harness.mjs';

const {
  AclOperationTypes: operations,
  AclPermissionTypes: permissions,
  AclResourceTypes: resources,
  Kafka,
  logLevel,
  ResourcePatternTypes: patterns,
} = kafkajs;
/** How many there are in Acls.java. */
const JAVA_CHECKS = 19;
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
const { BOOTSTRAP, SASL_BOOTSTRAP, AUDIT_LOG, BROKER, CLASSES, PEER_DIR, POLYLOG, RUN } = process.env;
const TOOL = join(import.meta.dirname, '../../bench/peers/kafka/tool.sh');

/** Passes on the lines of the Java checks as tests of this suite. */
async function runJava() {
  const child = spawn('java', ['-Xmx256m', '-cp', `${PEER_DIR}/libs/*:${CLASSES}`, 'Acls'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const checks = lines.filter((line) => /^(not )?ok java: /.test(line));
  for (const line of checks) {
    const [, name, why] = /^(?:not )?ok (java: [^:]*)(?:: (.*))?$/.exec(line);
    await test(name, async () => ok(line.startsWith('ok '), why));
  }
  await test('java: comes to its end', async () => deepStrictEqual([code, checks.length], [0, JAVA_CHECKS]));
}

function client(user) {
  const sasl = { mechanism: 'plain', username: user, password: `${user}-secret` };
  return new Kafka({
    clientId: `acls-${user ?? 'admin'}`,
    brokers: [user === undefined ? BOOTSTRAP : SASL_BOOTSTRAP],
    ...(user === undefined ? {} : { sasl }),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 2 },
  });
}

const isDenied = (error) => /not authorized|authorization failed/i.test(error.message);

async function kafkajsRules(admin) {
  await test('kafkajs: rules are added, found and removed', async () => {
    const rule = {
      resourceType: resources.TOPIC,
      resourceName: 'js-',
      resourcePatternType: patterns.PREFIXED,
      principal: 'User:alice',
      host: '*',
      operation: operations.WRITE,
      permissionType: permissions.ALLOW,
    };
    const filter = { ...rule, resourceName: 'js-topic', resourcePatternType: patterns.MATCH };
    await admin.createAcls({ acl: [rule] });
    const { resources: found } = await admin.describeAcls(filter);
    deepStrictEqual(
      found.map(({ resourceName, resourcePatternType, acls }) => ({
        resourceName,
        pattern: resourcePatternType ?? patterns.PREFIXED,
        principal: acls[0].principal,
      })),
      [{ resourceName: 'js-', pattern: patterns.PREFIXED, principal: 'User:alice' }],
    );
    const { filterResponses } = await admin.deleteAcls({ filters: [filter] });
    deepStrictEqual(
      filterResponses.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.length]),
      [[0, 1]],
    );
    deepStrictEqual((await admin.describeAcls(filter)).resources, []);
  });
}

async function kafkajsClients(admin) {
  await admin.createTopics({ topics: [{ topic: 'js-topic' }] });
  for (const user of ['eve', 'alice']) {
    const kafka = client(user);
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await test(`kafkajs: ${user} can't write without a rule`, () =>
      rejects(producer.send({ topic: 'js-topic', messages: [{ value: 'x' }] }), isDenied));
    const own = kafka.admin();
    await own.connect();
    await test(`kafkajs: ${user} can't see rules`, () =>
      rejects(
        own.describeAcls({
          resourceType: resources.ANY,
          resourcePatternType: patterns.ANY,
          operation: operations.ANY,
          permissionType: permissions.ANY,
        }),
        isDenied,
      ));
    await test(`kafkajs: ${user} sees only topics that may be described`, async () => {
      const topics = await own.listTopics();
      deepStrictEqual(topics.sort(), user === 'alice' ? ['orders'] : []);
    });
    await own.disconnect();
    await producer.disconnect();
  }
}

/** Runs a command to its end; answers its standard output. */
async function run(command, args) {
  const env = { ...process.env, HEAP: '-Xmx256M -XX:TieredStopAtLevel=1', POLYLOG_BOOTSTRAP: BOOTSTRAP };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  deepStrictEqual(code, 0, `${args.join(' ')} ended with ${code}: ${stdout.slice(-500)}`);
  return stdout;
}

/** kafka-acls and `polylog acl`: what one adds, the other lists and removes, on either broker. */
async function tools() {
  const kafkaAcls = (...args) => run(TOOL, ['acls', '--bootstrap-server', BOOTSTRAP, ...args]);
  const polylogAcl = (...args) => run(process.execPath, [POLYLOG, 'acl', ...args]);
  const listed = async () => {
    const text = await polylogAcl('list', '--principal', 'User:tool', '--json');
    return text
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .map(({ operation, resource, pattern, name }) => `${operation} ${resource} ${pattern} ${name}`);
  };
  const consumer = ['--consumer', '--topic', 'tool', '--group', 'tools'];
  const rules = ['describe topic prefixed tool', 'read group prefixed tools', 'read topic prefixed tool'];
  const prefixed = ['--resource-pattern-type', 'prefixed'];
  await test('kafka-acls: adds what polylog acl lists and removes', async () => {
    await kafkaAcls('--add', '--allow-principal', 'User:tool', ...consumer, ...prefixed);
    deepStrictEqual((await listed()).sort(), rules);
    await polylogAcl('remove', '--topic', 'tool', '--group', 'tools', ...prefixed, '--yes');
    deepStrictEqual(await listed(), []);
  });
  await test('polylog acl: adds what kafka-acls lists and removes', async () => {
    await polylogAcl('add', '--allow-principal', 'User:tool', ...consumer, ...prefixed);
    const text = await kafkaAcls('--list', '--topic', 'tool-1', '--resource-pattern-type', 'match');
    ok(/name=tool, patternType=PREFIXED/.test(text) && /principal=User:tool/.test(text), text);
    await kafkaAcls('--remove', '--force', '--topic', 'tool', '--group', 'tools', ...prefixed);
    deepStrictEqual(await listed(), []);
  });
}

async function auditLog() {
  // Apache Kafka has a log of its own for this.
  if (BROKER !== 'polylog') return;
  const lines = readFileSync(AUDIT_LOG, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = (fields) =>
    lines.filter((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
  await test('audit log: who was let in', async () => {
    ok(
      of({ event: 'login', principal: 'User:alice', method: 'PLAIN', listener: 'SASL_PLAINTEXT' }).length > 0,
    );
  });
  await test('audit log: who was denied what', async () => {
    const denial = { event: 'denied', principal: 'User:eve', listener: 'SASL_PLAINTEXT', resource: 'orders' };
    ok(of({ ...denial, operation: 'describe', request: 'Metadata' }).length > 0);
    ok(of({ ...denial, operation: 'alter-configs', request: 'IncrementalAlterConfigs' }).length > 0);
    ok(of({ event: 'denied', principal: 'User:alice', operation: 'describe', resource: 'other' }).length > 0);
    deepStrictEqual(of({ event: 'denied', principal: 'User:ANONYMOUS' }), []);
  });
  await test('audit log: what was changed', async () => {
    ok(of({ change: 'topic created', subject: 'orders', principal: 'User:ANONYMOUS' }).length === 1);
    ok(of({ change: 'topic created', subject: 'made', principal: 'User:alice' }).length === 1);
    ok(of({ change: 'rule added', principal: 'User:ANONYMOUS' }).length > 5);
    deepStrictEqual(of({ event: 'changed', principal: 'User:eve' }), []);
  });
  await test('audit log: no secrets', async () => ok(!/(alice|eve)-secret/.test(JSON.stringify(lines))));
}

/** As logrotate does it. */
async function rotation(admin) {
  if (BROKER !== 'polylog') return;
  await test('audit log: goes on in a new file after SIGHUP', async () => {
    const before = readFileSync(AUDIT_LOG, 'utf8');
    const reader = watch(dirname(AUDIT_LOG));
    renameSync(AUDIT_LOG, `${AUDIT_LOG}.1`);
    process.kill(Number(readFileSync(join(RUN, 'broker.pid'), 'utf8')), 'SIGHUP');
    for await (const { filename } of reader)
      if (filename === basename(AUDIT_LOG) && existsSync(AUDIT_LOG)) break;
    await admin.createTopics({ topics: [{ topic: 'rotated' }] });
    deepStrictEqual(readFileSync(`${AUDIT_LOG}.1`, 'utf8'), before);
    const lines = readFileSync(AUDIT_LOG, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    // Sums of what was denied before may come between.
    ok(lines.some(({ change, subject }) => change === 'topic created' && subject === 'rotated'));
  });
}

await runJava();
const admin = client().admin();
await admin.connect();
await kafkajsRules(admin);
await kafkajsClients(admin);
await tools();
await auditLog();
await rotation(admin);
await admin.disconnect();
process.exit(summary());
