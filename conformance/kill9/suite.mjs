// kill -9 of the broker under load, KILL9_ROUNDS times: an idempotent producer, a plain one and a member of a group go
// on through all of it. In the end everything acknowledged is read back: once and in order what the idempotent producer
// sent, at least once and in order what the plain one sent; and no commit that was answered is ever taken back.
import { setTimeout as delay } from 'node:timers/promises';
import { Driver } from '../lib/driver.mjs';
import { check, equal, PATIENCE_MS, summary, test } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const ROUNDS = Number(process.env.KILL9_ROUNDS ?? 20);
const SEED = Number(process.env.KILL9_SEED ?? Math.floor(Math.random() * 2 ** 32));
const PARTITIONS = 4;
const ALL = Array.from({ length: PARTITIONS }, (_, p) => p);
const GROUP = 'kill9-group';
const TOPICS = { idempotent: 'kill9-idempotent', plain: 'kill9-plain' };
/** Kills come this long after the load goes on, at most. */
const LOAD_MS_MAX = 1_000;
/** Each fourth round has a second kill while the broker starts. */
const KILL_AT_START_EACH = 4;
const START_MS_MAX = 800;

/** Mulberry32: the same moments for the same seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(SEED);

/** Numbers that were reported for one partition. */
class Marks {
  #marks = new Uint8Array(1 << 16);
  count = 0;

  add([first, end]) {
    while (end > this.#marks.length) {
      const larger = new Uint8Array(this.#marks.length * 2);
      larger.set(this.#marks);
      this.#marks = larger;
    }
    for (let number = first; number < end; number += 1) {
      this.count += this.#marks[number] === 0 ? 1 : 0;
      this.#marks[number] = 1;
    }
  }

  has(number) {
    return this.#marks[number] === 1;
  }

  /** The numbers of this set that the other lacks; the first few. */
  without(other) {
    const missing = [];
    for (let number = 0; number < this.#marks.length && missing.length < 5; number += 1) {
      if (this.has(number) && !other.has(number)) missing.push(number);
    }
    return missing;
  }
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
const counted = (marks) => sum(marks.map((each) => each.count));

/** A producer in a process of its own, and what it was told. */
class Load {
  acked = ALL.map(() => new Marks());
  failed = [];

  constructor(kind) {
    this.kind = kind;
    this.topic = TOPICS[kind];
    this.driver = new Driver({ ...driverCommand, name: kind, onEvent: (event) => this.#event(event) });
  }

  #event({ event, ranges, ...fields }) {
    if (event === 'failed') this.failed.push(fields);
    if (event !== 'acked') return;
    for (const [partition, list] of Object.entries(ranges)) {
      for (const range of list) this.acked[partition].add(range);
    }
  }

  get count() {
    return counted(this.acked);
  }

  start() {
    const idempotent = this.kind === 'idempotent';
    return this.driver.call('startProducer', { topic: this.topic, partitions: PARTITIONS, idempotent });
  }

  /** Until more is acknowledged than was. */
  more(than) {
    const describe = () => `an acknowledgement for the ${this.kind} producer; failed: ${this.failed.length}`;
    return this.driver.watch.until(() => this.count > than, PATIENCE_MS, describe);
  }
}

/** The group's only member: what it saw, and which of its commits were answered. */
class Member {
  seen = ALL.map(() => new Marks());
  committed = new Array(PARTITIONS).fill(0);
  repeated = 0;
  wrong = [];
  driver = new Driver({ ...driverCommand, name: 'member', onEvent: (event) => this.#event(event) });

  #event({ event, ranges, offsets }) {
    if (event === 'seen') {
      for (const [partition, list] of Object.entries(ranges)) {
        for (const range of list) this.#see(partition, range);
      }
    } else if (event === 'committed') {
      for (const [partition, offset] of Object.entries(offsets)) {
        this.committed[partition] = Math.max(this.committed[partition], offset);
      }
    }
  }

  #see(partition, [first, end]) {
    if (first < this.committed[partition]) {
      this.wrong.push(`${partition}@${first} was seen after ${this.committed[partition]} was committed`);
    }
    const before = this.seen[partition].count;
    this.seen[partition].add([first, end]);
    this.repeated += end - first - (this.seen[partition].count - before);
  }
}

const driverCommand = { command: process.execPath, args: [`${import.meta.dirname}/driver.mjs`] };
const startMs = [];
const backMs = [];

/** Kills the broker, in some rounds once more while it starts; resolves when it is ready. */
async function killAndStart(round) {
  await brokerCtl('kill9');
  if (round % KILL_AT_START_EACH === 0) {
    const starting = brokerCtl('start').catch(() => undefined);
    await delay(random() * START_MS_MAX);
    // The pid file may not be there yet, a few milliseconds after the start.
    while (
      !(await brokerCtl('kill9').then(
        () => true,
        () => false,
      ))
    )
      await delay(20);
    await starting;
  }
  const before = performance.now();
  await brokerCtl('start');
  startMs.push(performance.now() - before);
}

async function oneRound(round, { loads, member, asker }) {
  await delay(random() * LOAD_MS_MAX);
  // What is told by now counts as acknowledged and committed before the kill.
  const committed = [...member.committed];
  await killAndStart(round);
  const before = performance.now();
  const counts = loads.map((load) => load.count);
  await Promise.all(loads.map((load, i) => load.more(counts[i])));
  backMs.push(performance.now() - before);
  const now = await asker.call('committed', { group: GROUP, topic: TOPICS.idempotent, partitions: ALL });
  for (const p of ALL) {
    check(now[p] >= committed[p], `partition ${p}: committed is ${now[p]}, answered was ${committed[p]}`);
  }
}

/** What the topic holds: the sequences of each partition, in order, as ranges. */
async function readBack(load) {
  let ranges = {};
  const onEvent = ({ event, ranges: read }) => {
    if (event === 'read') ranges = read;
  };
  const driver = new Driver({ ...driverCommand, name: `read-${load.kind}`, onEvent });
  const { read } = await driver.call('readAll', { topic: load.topic, partitions: PARTITIONS });
  driver.closeInput();
  return { read, ranges: ALL.map((p) => ranges[p] ?? []) };
}

/** First comings rise; how often a sequence came again; what was acknowledged is there. */
function verify(load, ranges) {
  let repeated = 0;
  for (const p of ALL) {
    const present = new Marks();
    let highest = -1;
    for (const [first, end] of ranges[p]) {
      const known = present.count;
      present.add([first, end]);
      const fresh = present.count - known;
      repeated += end - first - fresh;
      check(
        fresh === 0 || end - fresh > highest,
        `${load.topic}, partition ${p}: ${first} to ${end - 1} came after ${highest}`,
      );
      highest = Math.max(highest, end - 1);
    }
    equal(load.acked[p].without(present), [], `${load.topic}, partition ${p}: acknowledged and lost`);
  }
  return repeated;
}

const spread = (times) => {
  const sorted = times.map(Math.round).sort((a, b) => a - b);
  return `least ${sorted[0]}, median ${sorted[sorted.length >> 1]}, most ${sorted.at(-1)} ms`;
};

async function main() {
  console.log(`# KILL9_SEED=${SEED} KILL9_ROUNDS=${ROUNDS}`);
  const asker = new Driver({ ...driverCommand, name: 'asker' });
  const loads = [new Load('idempotent'), new Load('plain')];
  const member = new Member();
  const started = await test('kill9: the load is running', async () => {
    await asker.call('createTopics', { topics: Object.values(TOPICS), partitions: PARTITIONS });
    await Promise.all(loads.map((load) => load.start()));
    await member.driver.call('startMember', { group: GROUP, topic: TOPICS.idempotent });
    await Promise.all(loads.map((load) => load.more(1_000)));
    await member.driver.watch.until(() => sum(member.committed) > 0, PATIENCE_MS, 'the first commit');
    return true;
  });
  if (started) await rounds({ loads, member, asker });
  for (const driver of [asker, member.driver, ...loads.map((load) => load.driver)]) driver.kill('SIGKILL');
  process.exit(summary());
}

async function rounds({ loads, member, asker }) {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const name = `kill9: round ${round}, the load goes on and no answered commit is gone`;
    await test(name, () => oneRound(round, { loads, member, asker }));
  }
  await test('kill9: the producers end, no send failed', async () => {
    await Promise.all(loads.map((load) => load.driver.call('stopProducer')));
    for (const { failed, kind } of loads)
      equal(failed.slice(0, 3), [], `failed sends of the ${kind} producer`);
  });
  for (const load of loads) {
    const once = load.kind === 'idempotent' ? 'once' : 'at least once';
    const name = `kill9: everything acknowledged to the ${load.kind} producer is there ${once} and in order`;
    await test(name, async () => {
      const { read, ranges } = await readBack(load);
      const repeated = verify(load, ranges);
      console.log(`# ${load.kind}: ${load.count} acknowledged, ${read} read, ${repeated} of them again`);
      check(load.count >= 1_000, `only ${load.count} were acknowledged`);
      if (load.kind === 'idempotent') {
        equal(repeated, 0, 'repeated messages of the idempotent producer');
        equal(read, load.count, 'messages read against acknowledged, as no send failed');
      }
    });
  }
  await test('kill9: the group saw everything, nothing below a commit that was answered', async () => {
    const [{ count }] = loads;
    const done = () => counted(member.seen) >= count;
    await member.driver.watch.until(
      done,
      PATIENCE_MS,
      () => `${count} messages, ${counted(member.seen)} were seen`,
    );
    equal(member.wrong.slice(0, 3), [], `of ${member.wrong.length} wrong deliveries the first`);
    console.log(`# group: ${counted(member.seen)} seen, ${member.repeated} of them again`);
  });
  console.log(`# ${ROUNDS} rounds; from start to ready: ${spread(startMs)}`);
  console.log(`# from ready to acknowledgements for both producers: ${spread(backMs)}`);
}

await main();
