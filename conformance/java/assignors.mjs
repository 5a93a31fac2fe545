// Groups of three with each of the Java client's assignors, and with static members. All members of a group live in
// one driver process, each in a thread of its own.
import { check, equal, PATIENCE_MS } from '../lib/harness.mjs';
import { createReady, message } from '../lib/scenarios/produce.mjs';

const PARTITIONS = 6;
const PER_WAVE = 10;
const ALL = Array.from({ length: PARTITIONS }, (_, p) => p);
/** Long enough that a machine that is slow for a moment causes no rebalance: some steps count them. */
const SESSION_MS = 10_000;

/** `keeps`: who stays in the group keeps what it had when another leaves; `incremental`: without giving it up meanwhile. */
const ASSIGNORS = [
  { name: 'range', assignor: 'RangeAssignor' },
  { name: 'round robin', assignor: 'RoundRobinAssignor' },
  { name: 'sticky', assignor: 'StickyAssignor', keeps: true },
  { name: 'cooperative sticky', assignor: 'CooperativeStickyAssignor', keeps: true, incremental: true },
];

/** One group on one topic: follows its members' events. */
export class Group {
  members = new Map();
  seen = new Set();
  sent = 0;
  committed = new Array(PARTITIONS).fill(0);
  wrong = [];

  constructor({ driver, members, topic, options }) {
    this.driver = driver;
    this.process = members;
    this.topic = topic;
    this.options = options;
  }

  event({ event, member: name, ...fields }) {
    const member = this.members.get(name);
    if (member === undefined) return;
    if (event === 'assigned') {
      member.partitions = fields.partitions;
      member.assignments += 1;
      member.revoked.push(...fields.revoked);
    } else if (event === 'message') {
      const { partition, offset } = fields;
      if (offset < this.committed[partition]) {
        this.wrong.push(`${name} got ${partition}@${offset}, committed was ${this.committed[partition]}`);
      }
      this.seen.add(`${partition}@${offset}`);
    } else if (event === 'committed') {
      for (const [partition, offset] of Object.entries(fields.offsets)) {
        this.committed[partition] = Math.max(this.committed[partition], offset);
      }
    } else if (event === 'ended') {
      member.ended = fields.error;
    }
  }

  async join(name, options = {}) {
    const member = { name, partitions: [], assignments: 0, revoked: [], ended: undefined };
    this.members.set(name, member);
    const fixed = { group: this.topic, topic: this.topic, sessionTimeoutMs: SESSION_MS };
    await this.process.call('member', { ...fixed, name, ...this.options, ...options });
    return member;
  }

  async leave(member) {
    await this.process.call('leave', { name: member.name });
    this.members.delete(member.name);
  }

  until(fits, what, timeoutMs = PATIENCE_MS) {
    const describe = () =>
      [...this.members.values()].map((each) => `${each.name}: [${each.partitions}] ${each.ended ?? ''}`);
    return this.process.watch.until(
      fits,
      timeoutMs,
      () => `${what}; the assignments: ${describe().join(' ')}`,
    );
  }

  /** Until the members have all partitions, each once and each member the same number. */
  divided(members) {
    const fits = () => {
      const all = members.flatMap((each) => each.partitions).sort((a, b) => a - b);
      const even = members.every((each) => each.partitions.length === PARTITIONS / members.length);
      return even && all.join() === ALL.join();
    };
    return this.until(fits, `${members.length} members to divide the partitions`);
  }

  /** Produces to all partitions, and waits until all of it has been seen. */
  async wave() {
    const messages = [];
    for (let i = 0; i < PER_WAVE * PARTITIONS; i += 1) {
      messages.push(message({ partition: i % PARTITIONS, value: `value-${this.sent + i}` }));
    }
    await this.driver.call('produce', { topic: this.topic, acks: -1, compression: 'none', messages });
    this.sent += messages.length;
    await this.until(
      () => this.seen.size === this.sent,
      `all ${this.sent} messages, ${this.seen.size} were seen`,
    );
  }

  async checkCommitted() {
    const fields = { group: this.topic, topic: this.topic, partitions: ALL };
    const committed = Object.values(await this.driver.call('committed', fields));
    equal(
      committed.map((each) => each.offset),
      ALL.map(() => this.sent / PARTITIONS),
      'committed offsets',
    );
    equal(this.wrong.slice(0, 3), [], 'messages below a committed offset');
  }
}

export async function assignorSteps({ driver, startDriver, step }) {
  if (process.env.SCENARIOS !== undefined && !process.env.SCENARIOS.includes('assignors')) return;
  let group;
  const members = startDriver({ name: 'members', onEvent: (event) => group?.event(event) });
  const start = async (topic, options) => {
    await createReady(driver, [{ topic, partitions: PARTITIONS, configs: {} }]);
    group = new Group({ driver, members, topic, options });
    return group;
  };
  for (const assignor of ASSIGNORS) {
    await step(`assignor ${assignor.name}: three members divide, two take over`, async () => {
      const topic = `assignor-${assignor.name.replaceAll(' ', '-')}`;
      await leaveOne(await start(topic, { assignor: assignor.assignor }), assignor);
    });
  }
  await staticSteps(step, () => start('static-members', { assignor: 'RangeAssignor' }));
  members.closeInput();
}

export async function leaveOne(group, { keeps, incremental }) {
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => group.join(name)));
  await group.divided([a, b, c]);
  await group.wave();
  const before = [b, c].map((each) => ({ member: each, had: each.partitions }));
  for (const { member } of before) member.revoked = [];
  await group.leave(a);
  await group.divided([b, c]);
  await group.wave();
  for (const { member, had } of before) {
    if (keeps) {
      const kept = had.filter((partition) => member.partitions.includes(partition));
      equal(kept, had, `what ${member.name} has kept`);
    }
    if (incremental) equal(member.revoked, [], `what ${member.name} had to give up`);
  }
  const described = Object.values(await group.driver.call('groupMembers', { group: group.topic }));
  equal(
    described.flat().sort((x, y) => x - y),
    ALL,
    'partitions in the description of the group',
  );
  await group.leave(b);
  await group.leave(c);
  await group.checkCommitted();
}

async function staticSteps(step, start) {
  let group;
  let members;
  const names = ['a', 'b', 'c'];
  const join = (name) => group.join(name, { instanceId: `instance-${name}` });
  await step('static members: three divide the partitions', async () => {
    group = await start();
    members = await Promise.all(names.map(join));
    await group.divided(members);
    await group.wave();
    const described = await group.driver.call('groupMembers', { group: group.topic });
    const wanted = names.map((name, i) => [`instance-${name}`, members[i].partitions]);
    equal(described, Object.fromEntries(wanted), 'description of the group');
  });
  if (members === undefined) return;
  await step('static members: one comes back to its partitions without a rebalance', async () => {
    const [a, b, c] = members;
    const had = a.partitions;
    const seenByOthers = b.assignments + c.assignments;
    await group.leave(a);
    const again = await join('a');
    members[0] = again;
    await group.until(() => again.partitions.length > 0, 'the partitions of the one that came back');
    equal(again.partitions, had, 'partitions of the one that came back');
    await group.wave();
    equal(b.assignments + c.assignments, seenByOthers, 'assignments of the others');
  });
  await step('static members: a second of the same name fences the first', async () => {
    const [first] = members;
    const second = await group.join('a2', { instanceId: 'instance-a' });
    await group.until(() => first.ended !== undefined, 'the first to end');
    check(/FencedInstanceId/.test(first.ended), `the first ended with ${first.ended}`);
    group.members.delete(first.name);
    members[0] = second;
    await group.divided(members);
    await group.wave();
  });
  await step('static members: one is removed by an administrator, two take over', async () => {
    const [a, b, c] = members;
    await group.leave(a);
    await group.driver.call('removeMember', { group: group.topic, instanceId: 'instance-a' });
    await group.divided([b, c]);
    await group.wave();
  });
  await step('static members: one is gone for longer than its session, the last takes over', async () => {
    const [, b, c] = members;
    await group.leave(b);
    await group.divided([c]);
    await group.wave();
    await group.leave(c);
    await group.checkCommitted();
  });
}
