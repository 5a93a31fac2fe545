// Kafka Streams in a Streams group (KIP-1071): a word count with standbys, in one process, in three, after a SIGKILL, after a
// restart of the broker; whose sums are exact. What the application is told (tasks, endpoints, shutdown), and what its
// administrator is.
import { join } from 'node:path';
import { check, equal, eventually, PATIENCE_MS, summary, test, Watch, within } from '../lib/harness.mjs';
import { java } from '../lib/java.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const HEAP_MB = 160;
const PARTITIONS = 4;
const WORDS = 7;
const GROUP = 'word-count';

/** An instance of the application. */
class App {
  watch = new Watch();
  state = '';
  active = [];
  standby = [];
  endpoints = '';

  constructor(number, guarantee, port) {
    const names = (text) => text.split(',').filter((name) => name !== '');
    const state = join(process.env.RUN, `state-${number}`);
    const args = ['App', GROUP, state, guarantee, `${port}`];
    const onLine = (line) => {
      const [, what, rest] = /^(\w+) ?(.*)$/.exec(line) ?? [];
      if (what === 'state') this.state = rest;
      else if (what === 'at') this.endpoints = rest;
      else if (what === 'tasks')
        [this.active, this.standby] = rest.split('/').map((each) => names(each.trim()));
      this.watch.changed();
    };
    this.process = java({ name: `app-${number}`, heapMb: HEAP_MB, args, onLine });
    this.process.ended.then(() => {
      this.active = [];
      this.standby = [];
      this.state = 'ENDED';
      this.watch.changed();
    });
  }

  async close() {
    this.process.child.stdin.end();
    return within(PATIENCE_MS, 'an instance to end', this.process.ended);
  }

  async kill() {
    this.process.child.kill('SIGKILL');
    await this.process.ended;
  }
}

/** Tools.java, asked line by line. */
class Tools {
  #waiting = [];

  constructor() {
    const onLine = (line) => this.#waiting.shift()?.(line);
    this.process = java({ name: 'tools', heapMb: HEAP_MB, args: ['Tools'], onLine });
  }

  async ask(line) {
    const answer = new Promise((resolve) => this.#waiting.push(resolve));
    this.process.child.stdin.write(`${line}\n`);
    const text = await within(PATIENCE_MS, `the answer to "${line}"`, answer);
    if (text.startsWith('error')) throw new Error(`${line}: ${text}`);
    return JSON.parse(text);
  }

  refusal(line) {
    return this.ask(line).then(
      (answer) => `no error, but ${JSON.stringify(answer)}`,
      (error) => error.message,
    );
  }
}

const tools = new Tools();
const apps = new Set();
let fed = 0;

function start(number, { guarantee = 'at_least_once', port = 7000 + number } = {}) {
  const app = new App(number, guarantee, port);
  apps.add(app);
  return app;
}

/** Waits until these have all tasks between them, evenly, each active once and each counting one once more as a standby elsewhere. */
async function shared(...running) {
  const fits = () => {
    const active = running.flatMap((app) => app.active);
    const standby = running.flatMap((app) => app.standby);
    const counting = active.filter((task) => task.startsWith('1_'));
    const sizes = running.map((app) => app.active.length);
    return (
      new Set(active).size === 2 * PARTITIONS &&
      active.length === 2 * PARTITIONS &&
      Math.max(...sizes) - Math.min(...sizes) <= 1 &&
      running.every(
        (app) => app.state === 'RUNNING' && !app.standby.some((task) => app.active.includes(task)),
      ) &&
      (running.length === 1 || JSON.stringify(standby.sort()) === JSON.stringify(counting.sort()))
    );
  };
  const shown = () =>
    running.map(({ state, active, standby }) => `${state} ${active} / ${standby}`).join('; ');
  await eventually(async () => fits(), Boolean, PATIENCE_MS, 'the tasks to be shared').catch((error) => {
    throw new Error(`${error.message}; ${shown()}`);
  });
}

/** Feeds words, and waits until each is counted once. */
async function counted() {
  fed = await tools.ask('feed 700');
  const each = fed / WORDS;
  const wanted = Object.fromEntries(Array.from({ length: WORDS }, (_, i) => [`word${i}`, each]));
  const counts = await eventually(
    () => tools.ask('counts'),
    (found) => Object.keys(wanted).every((word) => (found[word] ?? 0) >= each),
    PATIENCE_MS,
    `every word to be counted ${each} times`,
  );
  equal(counts, wanted, 'the counts');
}

async function lifecycle() {
  await test('an application whose topics are missing ends with an error', async () => {
    // Kafka 4.3 answers a member with an endpoint UNKNOWN_SERVER_ERROR here.
    const early = start(1, { port: 0 });
    try {
      const failed = () => early.state === 'ERROR' || early.state === 'ENDED';
      await early.watch.until(failed, PATIENCE_MS, () => `state ERROR, not ${early.state}`);
    } finally {
      await early.kill();
    }
  });
  await test('topics are created', async () => {
    await tools.ask(`create text ${PARTITIONS}`);
    await tools.ask('create counts 2');
  });
  await test('the group has settings of its own', async () => {
    await tools.ask(`set ${GROUP} streams.num.standby.replicas 1`);
    await tools.ask(`set ${GROUP} streams.initial.rebalance.delay.ms 1000`);
  });
  const a = start(1);
  await test('one process has all tasks, and counts', async () => {
    await shared(a);
    await counted();
  });
  await test('internal topics are made by the broker, as the application wants them', async () => {
    equal(
      await tools.ask(`config ${GROUP}-counts-store-changelog cleanup.policy`),
      'compact',
      'the changelog',
    );
    equal(
      await tools.ask(`config ${GROUP}-by-word-repartition cleanup.policy`),
      'delete',
      'the repartition topic',
    );
  });
  const b = start(2);
  let c = start(3);
  await test('three processes share tasks and standbys, and go on counting', async () => {
    await shared(a, b, c);
    await counted();
  });
  await test('each knows which partitions are where', () =>
    eventually(
      async () => [a, b, c].map((app) => app.endpoints),
      (all) => all.every((at) => at === all[0] && /7001=\S+ 7002=\S+ 7003=\S+/.test(at)),
      PATIENCE_MS,
      'the same endpoints of all',
    ));
  await test('the group is described, listed, and not deleted', async () => {
    const group = await tools.ask(`describe ${GROUP}`);
    equal(group.state, 'Stable', 'its state');
    equal(group.members.map(({ endpoint }) => endpoint).sort(), [7001, 7002, 7003], 'its endpoints');
    equal(group.members.flatMap(({ active }) => active).length, 2 * PARTITIONS, 'its active tasks');
    equal(group.subtopologies[0].sources, ['text'], 'its sources');
    equal(group.subtopologies[1].changelogs, [`${GROUP}-counts-store-changelog`], 'its changelogs');
    equal(await tools.ask('list'), [GROUP], 'the Streams groups');
    const refusal = await tools.refusal(`delete ${GROUP}`);
    check(refusal.includes('GroupNotEmpty'), `deleting it: ${refusal}`);
  });
  await test('a killed process is missed, and its tasks go to the others', async () => {
    await c.kill();
    await shared(a, b);
    await counted();
  });
  await test('the broker restarts, and the application goes on', async () => {
    await brokerCtl('restart');
    await counted();
    await shared(a, b);
  });
  c = start(3);
  await test('a process comes back', async () => {
    await shared(a, b, c);
    await counted();
  });
  await test('a clean stop gives tasks to the others, and nothing is counted twice', async () => {
    equal(await b.close(), 0, 'how it ended');
    await shared(a, c);
    await counted();
    equal(await a.close(), 0, 'how it ended');
    equal(await c.close(), 0, 'how it ended');
  });
  await test('with exactly_once_v2 the same application counts on', async () => {
    const exactly = { guarantee: 'exactly_once_v2' };
    const [d, e] = [start(1, exactly), start(2, exactly)];
    await shared(d, e);
    await counted();
    await d.kill();
    await shared(e);
    await counted();
    const f = start(1, exactly);
    await shared(e, f);
    await counted();
  });
  await test('one that fails makes the whole application stop', async () => {
    await tools.ask('poison');
    const running = [...apps].filter((app) => app.state === 'RUNNING');
    equal(running.length, 2, 'running instances');
    for (const app of running) {
      const stopped = () => ['ERROR', 'NOT_RUNNING', 'ENDED'].includes(app.state);
      await app.watch.until(stopped, PATIENCE_MS, () => `state ERROR, not ${app.state}`);
      await app.close();
    }
  });
  await test('the group is empty then, and is deleted', async () => {
    await eventually(
      () => tools.ask(`describe ${GROUP}`),
      ({ state }) => state === 'Empty',
      PATIENCE_MS,
      'the group to be empty',
    );
    await tools.ask(`delete ${GROUP}`);
    equal(await tools.ask('list'), [], 'the Streams groups');
  });
}

try {
  await lifecycle();
} finally {
  for (const app of apps) app.process.child.kill('SIGKILL');
  tools.process.child.kill('SIGKILL');
}
process.exit(summary());
