/**
 * Ten thousand connections at once, each of which has been answered: what they cost, that others are served meanwhile,
 * and that the one beyond max.connections is refused.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startBroker } from '../../../src/embed/start-broker.ts';
import { TestLogger } from '../../store/support.ts';
import { API_VERSIONS } from '../../support/kafka-apis.ts';
import {
  batchOf,
  createTopics,
  encodeRequest,
  fetchOne,
  produceOne,
  TestClient,
} from '../../support/kafka-client.ts';

const WANTED = 10_000;
/** Files that this process has open for other things: modules, pipes to the test runner. */
const OTHER_FILES = 200;
/** Three times what was measured (10.5 kB). The system counts a socket's buffers as its own, and here they are empty. */
const BYTES_EACH_MAX = 32 * 1024;
const HOLDER = fileURLToPath(new URL('../../support/hold-connections.mjs', import.meta.url));

/** Node has raised the soft limit of open files to the hard one; the broker's process and the clients' have it each. */
const limit = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
const files = limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
const count = Math.min(WANTED, files - OTHER_FILES);
const name =
  count === WANTED
    ? `${count} connections are held`
    : `${count} connections are held, not ${WANTED}: this machine's limit of open files is ${files} (ulimit -H -n)`;

/** Opens connections from another process; resolves when each was answered or closed. */
async function hold(port: number) {
  const request = encodeRequest(API_VERSIONS, API_VERSIONS.defaults(), { version: 0 }).toString('hex');
  const child = spawn(process.execPath, [HOLDER, '127.0.0.1', `${port}`, `${count}`, request]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close');
  const report = async (): Promise<unknown> => ((await lines.next()).value as unknown) ?? errors;
  return {
    opened: await report(),
    /** Resets all; gives what there was until then. */
    release: async (): Promise<unknown> => {
      child.stdin.end();
      const last = await report();
      await ended;
      return last;
    },
    kill: async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function expectServed(client: TestClient): Promise<void> {
  const { errorCode, baseOffset } = await produceOne(client, 'good', batchOf(['fine']));
  expect(errorCode).toBe(0);
  const { records } = await fetchOne(client, 'good', { offset: baseOffset, maxWaitMs: 5000 });
  expect((records as Buffer).includes('fine')).toBe(true);
}

async function isServed(bootstrap: string): Promise<boolean> {
  await using client = await TestClient.connect(bootstrap);
  return await client.call(API_VERSIONS, {}, 0).then(
    () => true,
    () => false,
  );
}

it(`${name} at little cost, others are served, one more is refused`, { timeout: 120_000 }, async () => {
  expect(count, `connections that an open file limit of ${files} allows`).toBeGreaterThanOrEqual(1000);
  const logger = new TestLogger();
  const settings = { 'max.connections': count + 2 };
  await using broker = await startBroker({ data: 'memory', settings, logger });
  await using early = await TestClient.connect(broker.bootstrap);
  await createTopics(early, { good: 1 });
  await expectServed(early);

  const before = process.memoryUsage().rss;
  const holder = await hold(broker.port);
  const growth = process.memoryUsage().rss - before;
  try {
    expect(holder.opened).toBe(`held ${count}, closed 0`);
    expect(growth).toBeLessThan(count * BYTES_EACH_MAX);

    await using late = await TestClient.connect(broker.bootstrap);
    for (let i = 0; i < 20; i++) await Promise.all([expectServed(early), expectServed(late)]);

    const beyond = await TestClient.connect(broker.bootstrap);
    await beyond.closed;
    const refusal = `refusing connections: ${count + 2} are open (max.connections)`;
    expect(logger.messages('warn')).toEqual([refusal]);
    await Promise.all([expectServed(early), expectServed(late)]);
    expect(await holder.release()).toBe(`held ${count}, closed 0`);
  } finally {
    await holder.kill();
  }
  // The places are free when the broker has seen the ends.
  while (!(await isServed(broker.bootstrap))) await sleep(5);
  await expectServed(early);
});
