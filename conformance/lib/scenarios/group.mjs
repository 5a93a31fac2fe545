// A group of three, of which one leaves and one is killed. Every message is delivered; none is delivered again below
// an offset that was committed before; a member's offsets rise within one assignment.
import { check, equal, PATIENCE_MS } from '../harness.mjs';
import { createReady, message } from './produce.mjs';
import { staticMembers } from './static-members.mjs';

const PARTITIONS = 6;
const PER_WAVE = 40;

/** Follows the events of all members and checks each as it comes. */
class GroupLog {
  members = new Map();
  seen = new Set();
  committed = new Array(PARTITIONS).fill(0);
  committer = new Array(PARTITIONS).fill('nobody');
  wrong = [];

  event(driver, { event, ...fields }) {
    const member = this.members.get(driver);
    if (member === undefined) return;
    if (event === 'assigned') {
      member.partitions = [...fields.partitions].sort((a, b) => a - b);
      member.last = new Map();
    } else if (event === 'message') {
      this.#message(member, fields);
    } else if (event === 'committed') {
      for (const [partition, offset] of Object.entries(fields.offsets)) {
        if (offset <= this.committed[partition]) continue;
        this.committed[partition] = offset;
        this.committer[partition] = member.name;
      }
    } else if (event === 'pid') {
      member.pid = fields.pid;
    }
  }

  #message(member, { partition, offset }) {
    if (offset < this.committed[partition]) {
      this.wrong.push(
        `${member.name} got ${partition}@${offset}, ${this.committer[partition]} had committed ${this.committed[partition]}`,
      );
    }
    const last = member.last.get(partition);
    if (last !== undefined && offset <= last) {
      this.wrong.push(`${member.name} got ${partition}@${offset} after ${last}`);
    }
    member.last.set(partition, offset);
    const id = `${partition}@${offset}`;
    this.seen.add(id);
  }

  describe() {
    return [...this.members.values()].map((each) => `${each.name}: [${each.partitions}]`).join(' ');
  }
}

/** With the classic protocol, and with the consumer protocol (KIP-848) where the client says that it has it. */
export async function groupScenario({ client, ...context }) {
  await scenarioWith(context, { topic: 'group-topic', group: 'group-of-three' });
  if (client.staticMembers === true) await staticMembers(context, { prefix: '' });
  if (client.consumerProtocol !== true) return;
  const consumer = { protocol: 'consumer', prefix: 'consumer ' };
  await scenarioWith(context, {
    topic: 'consumer-group-topic',
    group: 'consumer-group-of-three',
    ...consumer,
  });
  if (client.staticMembers === true) await staticMembers(context, consumer);
}

async function scenarioWith({ driver, startDriver, step }, { topic, group, protocol, prefix = '' }) {
  const log = new GroupLog();
  let sent = 0;
  await createReady(driver, [{ topic, partitions: PARTITIONS, configs: {} }]);

  const startMember = async (name) => {
    const onEvent = (event, from) => {
      log.event(from, event);
      for (const other of log.members.keys()) other.watch.changed();
    };
    const member = startDriver({ name: `${prefix.trim()}member-${name}`, onEvent });
    log.members.set(member, { name, partitions: [], last: new Map(), pid: member.pid });
    const wish = protocol === undefined ? {} : { protocol };
    await member.call('member', { group, topic, sessionTimeoutMs: 6_000, ...wish });
    return member;
  };
  const divided = (members, what) =>
    members[0].watch.until(
      () => {
        const all = members.flatMap((each) => log.members.get(each).partitions).sort((a, b) => a - b);
        const even = members.every(
          (each) => log.members.get(each).partitions.length === PARTITIONS / members.length,
        );
        return even && all.length === PARTITIONS && all.every((partition, i) => partition === i);
      },
      PATIENCE_MS,
      () => `${what}; the assignments: ${log.describe()}`,
    );
  const produceWave = async () => {
    const messages = [];
    for (let i = 0; i < PER_WAVE * PARTITIONS; i += 1) {
      messages.push(message({ partition: i % PARTITIONS, value: `value-${sent + i}` }));
    }
    await driver.call('produce', { topic, acks: -1, compression: 'none', messages });
    sent += messages.length;
  };
  const allSeen = (watcher) =>
    watcher.watch.until(
      () => log.seen.size === sent,
      PATIENCE_MS,
      () => `all ${sent} messages; ${log.seen.size} were seen; the assignments: ${log.describe()}`,
    );

  let members = [];
  await step(`${prefix}group: three members divide six partitions`, async () => {
    members = await Promise.all(['a', 'b', 'c'].map(startMember));
    await divided(members, 'the three to divide the partitions');
  });
  if (members.length < 3) return;
  const [a, b, c] = members;
  await step(`${prefix}group: every message is seen`, async () => {
    await produceWave();
    await allSeen(a);
  });
  await step(`${prefix}group: one leaves, the others take over`, async () => {
    await a.call('leave');
    log.members.delete(a);
    await divided([b, c], 'two members to divide the partitions');
    await produceWave();
    await allSeen(b);
  });
  await step(`${prefix}group: one is killed, the last takes over`, async () => {
    process.kill(log.members.get(b).pid, 'SIGKILL');
    await b.ended;
    log.members.delete(b);
    await produceWave();
    await divided([c], 'the last member to take all partitions');
    await allSeen(c);
  });
  await step(`${prefix}group: the last leaves, everything is committed`, async () => {
    await c.call('leave');
    const committed = await driver.call('committed', { group, topic, partitions: [0, 1, 2, 3, 4, 5] });
    const offsets = Object.values(committed).map((each) => each.offset);
    equal(offsets, new Array(PARTITIONS).fill(sent / PARTITIONS), 'committed offsets');
  });
  await step(`${prefix}group: no message again below a committed offset, offsets rise`, async () => {
    check(log.seen.size > 0, 'no message was seen');
    equal(log.wrong.slice(0, 5), [], `of ${log.wrong.length} wrong deliveries the first`);
  });
  for (const each of members) each.closeInput();
}
