// Members with an instance id (KIP-345): one goes and comes back as another process. It gets its partitions again and reads on
// behind its commits; the other member isn't told of anything.
import { equal, PATIENCE_MS } from '../harness.mjs';
import { createReady, message } from './produce.mjs';

const PARTITIONS = 4;
const PER_WAVE = 10;

export async function staticMembers({ driver, startDriver, step }, { protocol, prefix }) {
  const topic = `${prefix.trim()}static-topic`;
  const group = `${prefix.trim()}static-group`;
  const members = new Map();
  /** offsets[partition]: how often each was delivered. */
  const delivered = Array.from({ length: PARTITIONS }, () => []);
  const committed = new Array(PARTITIONS).fill(0);
  let sent = 0;
  await createReady(driver, [{ topic, partitions: PARTITIONS, configs: {} }]);

  const onEvent = ({ event, ...fields }, from) => {
    const member = members.get(from);
    if (event === 'assigned') {
      member.partitions = [...fields.partitions].sort();
      member.assignments += 1;
    } else if (event === 'message') {
      const counts = delivered[fields.partition];
      counts[fields.offset] = (counts[fields.offset] ?? 0) + 1;
    } else if (event === 'committed') {
      for (const [partition, offset] of Object.entries(fields.offsets)) committed[partition] = offset;
    }
    for (const each of members.keys()) each.watch.changed();
  };
  const start = async (name, instanceId) => {
    const member = startDriver({ name: `${prefix.trim()}static-${name}`, onEvent });
    members.set(member, { partitions: [], assignments: 0 });
    const wish = protocol === undefined ? {} : { protocol };
    await member.call('member', { group, topic, sessionTimeoutMs: 10_000, instanceId, ...wish });
    return member;
  };
  const describe = () => JSON.stringify([...members.values()]);
  const produceWave = async (reader) => {
    const messages = [];
    for (let i = 0; i < PER_WAVE * PARTITIONS; i += 1) {
      messages.push(message({ partition: i % PARTITIONS, value: `value-${i}` }));
    }
    await driver.call('produce', { topic, acks: -1, compression: 'none', messages });
    sent += PER_WAVE;
    await reader.watch.until(
      () => committed.every((offset) => offset === sent),
      PATIENCE_MS,
      () => `commits up to ${sent}: they are at ${committed}; members: ${describe()}`,
    );
  };

  await step(
    `${prefix}group: a static member comes back to its partitions, nobody else notices`,
    async () => {
      const [one, other] = [await start('one', 'one'), await start('other', 'other')];
      await one.watch.until(
        () => [...members.values()].every((each) => each.partitions.length === PARTITIONS / 2),
        PATIENCE_MS,
        () => `two members to divide ${PARTITIONS} partitions: ${describe()}`,
      );
      await produceWave(one);
      const had = members.get(one).partitions;
      const before = members.get(other).assignments;
      await one.call('leave');
      members.delete(one);
      const again = await start('one-again', 'one');
      await again.watch.until(
        () => members.get(again).partitions.length === PARTITIONS / 2,
        PATIENCE_MS,
        () => `the member that came back to get its partitions: ${describe()}`,
      );
      equal(members.get(again).partitions, had, 'partitions of the member that came back');
      await produceWave(again);
      equal(members.get(other).assignments, before, 'assignments that the other was told');
      const once = new Array(sent).fill(1);
      equal(delivered, new Array(PARTITIONS).fill(once), 'deliveries of each offset');
      for (const each of [again, other]) await each.call('leave');
      for (const each of [one, again, other]) each.closeInput();
    },
  );
}
