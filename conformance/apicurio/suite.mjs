// Apicurio Registry with its KafkaSQL storage: what is registered is a record in a topic, and each registry reads that topic
// into a database of its own in memory. So a registry that starts anew has nothing but what the broker kept; it must show
// every subject, version, id and rule as before.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Driver } from '../lib/driver.mjs';
import { check, equal, eventually, PATIENCE_MS, summary, test } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const { APICURIO, BOOTSTRAP, JAVA, PORT, PYTHON, RUN } = process.env;
const JOURNAL = 'kafkasql-journal';
const SNAPSHOTS = 'kafkasql-snapshots';
const EVENTS = 'registry-events';

const order = (...fields) =>
  JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'long' }, ...fields] });
const FIRST = order();
const SECOND = order({ name: 'note', type: 'string', default: '' });
/** Without a default, what was written with the others can't be read. */
const INCOMPATIBLE = order({ name: 'price', type: 'double' });

class Registry {
  #child;
  #ended;

  constructor(name, port) {
    this.name = name;
    this.port = port;
    this.url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  }

  async start() {
    const env = {
      PATH: process.env.PATH,
      APICURIO_STORAGE_KIND: 'kafkasql',
      APICURIO_KAFKASQL_BOOTSTRAP_SERVERS: BOOTSTRAP,
      // It waits this long for a snapshot where there is none.
      APICURIO_KAFKASQL_CONSUMER_POLL_TIMEOUT: '200',
      APICURIO_STORAGE_SNAPSHOT_LOCATION: RUN,
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(this.port),
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_MANAGEMENT_PORT: String(this.port + 2),
    };
    const args = ['-Xmx384M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Djava.io.tmpdir=${RUN}`];
    const child = spawn(JAVA, [...args, '-jar', join(APICURIO, 'quarkus-run.jar')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(join(RUN, `${this.name}.log`), { flags: 'a' });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => child.on('close', resolve));
    await eventually(
      () => this.ask('GET', '/subjects').catch((error) => ({ error: error.message })),
      (answer) => Array.isArray(answer),
      PATIENCE_MS,
      `registry ${this.name} to answer`,
    );
  }

  async kill9() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** The answer's JSON; an error that begins with the status otherwise. */
  async ask(method, path, body, base = this.url) {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async register(subject, schema) {
    return (await this.ask('POST', `/subjects/${subject}/versions`, { schema })).id;
  }

  /** Everything that it shows: each subject's versions with their ids and schemas, and its rule. */
  async contents() {
    const contents = {};
    for (const subject of (await this.ask('GET', '/subjects')).sort()) {
      const path = `/subjects/${subject}/versions`;
      const versions = [];
      for (const version of await this.ask('GET', path)) {
        const { id, schema } = await this.ask('GET', `${path}/${version}`);
        versions.push({ version, id, schema: JSON.parse(schema) });
      }
      const rule = await this.ask('GET', `/config/${subject}?defaultToGlobal=true`);
      contents[subject] = { versions, rule: rule.compatibilityLevel };
    }
    return contents;
  }
}

const driver = new Driver({
  command: PYTHON,
  args: [join(import.meta.dirname, 'driver.py')],
  name: 'client',
});
const one = new Registry('one', Number(PORT) + 5);
const two = new Registry('two', Number(PORT) + 6);
process.on('exit', () => {
  for (const registry of [one, two]) registry.kill9().catch(() => {});
});

/** Waits until the registry has read what another has written. */
const shows = (registry, contents) =>
  eventually(
    () => registry.contents().then(JSON.stringify),
    (got) => got === JSON.stringify(contents),
    PATIENCE_MS,
    `registry ${registry.name} to show ${JSON.stringify(contents)}`,
  );

await test('registry: it starts, and makes its topics', async () => {
  await one.start();
  equal(await one.contents(), {}, 'subjects');
  for (const topic of [JOURNAL, SNAPSHOTS]) {
    const {
      'retention.ms': ms,
      'retention.bytes': bytes,
      'cleanup.policy': policy,
    } = await driver.call('configs', { topic });
    equal([ms, bytes, policy], ['-1', '-1', 'delete'], `settings of ${topic}`);
  }
});

await test('registry: a schema is registered once', async () => {
  const id = await one.register('orders-value', FIRST);
  equal(await one.register('orders-value', FIRST), id, 'id of the same schema');
  const { schema } = await one.ask('GET', `/schemas/ids/${id}`);
  equal(JSON.parse(schema), JSON.parse(FIRST), 'schema by id');
});

await test('registry: a compatible version is taken, an incompatible one refused', async () => {
  await one.ask('PUT', '/config/orders-value', { compatibility: 'BACKWARD' });
  await one.register('orders-value', SECOND);
  const refused = await one.register('orders-value', INCOMPATIBLE).catch((error) => error.message);
  check(/^409 /.test(refused), `it said: ${refused}`);
  equal(await one.ask('GET', '/subjects/orders-value/versions'), [1, 2], 'versions');
});

await test('registry: Avro records of both versions, read with the newer schema', async () => {
  const registry = one.url;
  const ids = [
    ...(await driver.call('write', {
      registry,
      topic: 'orders',
      schema: FIRST,
      values: [{ id: 1 }, { id: 2 }],
    })),
    ...(await driver.call('write', {
      registry,
      topic: 'orders',
      schema: SECOND,
      values: [{ id: 3, note: 'now' }],
    })),
  ];
  const { versions } = (await one.contents())['orders-value'];
  const [first, second] = versions.map(({ id }) => id);
  equal(ids, [first, first, second], 'ids in the messages');
  const values = await driver.call('read', { registry, topic: 'orders', count: 3, schema: SECOND });
  equal(
    values,
    [
      { id: 1, note: '' },
      { id: 2, note: '' },
      { id: 3, note: 'now' },
    ],
    'values',
  );
});

await test('registry: its events are in their topic', async () => {
  const events = (await driver.call('raw', { topic: EVENTS, count: 3 })).map((text) => JSON.parse(text));
  equal(
    events.map(({ eventType, artifactId }) => [eventType, artifactId]).slice(0, 2),
    [
      ['ARTIFACT_CREATED', 'orders-value'],
      ['ARTIFACT_VERSION_CREATED', 'orders-value'],
    ],
    'events',
  );
});

await test('registry: a second one shows the same, and what the first takes later', async () => {
  await two.start();
  equal(await two.contents(), await one.contents(), 'contents');
  await one.register('payments-value', FIRST);
  await shows(two, await one.contents());
  await two.register('payments-value', SECOND);
  await shows(one, await two.contents());
});

await test('registry: it goes on after kill -9 of the broker', async () => {
  const before = await one.contents();
  await brokerCtl('restart');
  equal(await one.contents(), before, 'contents');
  await one.register('refunds-value', FIRST);
  await shows(two, await one.contents());
});

await test('registry: after SIGKILL it reads everything from its topic again', async () => {
  const before = await two.contents();
  equal(Object.keys(before), ['orders-value', 'payments-value', 'refunds-value'], 'subjects');
  await one.kill9();
  await two.register('refunds-value', SECOND);
  await one.start();
  equal(await one.contents(), await two.contents(), 'contents');
});

await test('registry: with a snapshot in its topic it starts anew, and shows the same', async () => {
  await one.ask('POST', '/admin/snapshots', undefined, `http://127.0.0.1:${one.port}/apis/registry/v3`);
  equal((await driver.call('raw', { topic: SNAPSHOTS, count: 1 })).length, 1, 'snapshots');
  await one.ask('DELETE', '/subjects/payments-value');
  await one.register('returns-value', FIRST);
  const before = await one.contents();
  equal(Object.keys(before), ['orders-value', 'refunds-value', 'returns-value'], 'subjects');
  await one.kill9();
  await two.kill9();
  await brokerCtl('restart');
  await two.start();
  equal(await two.contents(), before, 'contents');
});

await two.kill9();
driver.closeInput();
await driver.ended;
process.exit(summary());
