// Groups of the consumer protocol (KIP-848, group.protocol=consumer): the broker's assignors, expressions, static members,
// and groups whose members change from the classic protocol to it and back, one by one.
import { check, equal } from '../lib/harness.mjs';
import { createReady } from '../lib/scenarios/produce.mjs';
import { Group, leaveOne } from './assignors.mjs';

const PARTITIONS = 6;
const CONSUMER = { protocol: 'consumer' };
const NAMES = ['a', 'b', 'c'];

export async function consumerProtocolSteps({ driver, startDriver, step }) {
  if (process.env.SCENARIOS !== undefined && !process.env.SCENARIOS.includes('protocol')) return;
  let group;
  const members = startDriver({ name: 'consumers', onEvent: (event) => group?.event(event) });
  const start = async (topic, options = CONSUMER) => {
    await createReady(driver, [{ topic, partitions: PARTITIONS, configs: {} }]);
    group = new Group({ driver, members, topic, options });
    return group;
  };
  for (const remoteAssignor of ['uniform', 'range']) {
    await step(`consumer protocol ${remoteAssignor}: three members divide, two take over`, async () => {
      const keeps = remoteAssignor === 'uniform';
      const options = { ...CONSUMER, remoteAssignor };
      await leaveOne(await start(`protocol-${remoteAssignor}`, options), { keeps, incremental: keeps });
    });
  }
  await step('consumer protocol: what the group is', () => describeSteps(driver, start));
  await step('consumer protocol: an assignor that the broker has not is refused', async () => {
    const unknown = await start('protocol-unknown', { ...CONSUMER, remoteAssignor: 'nearest' });
    const member = await unknown.join('a');
    await unknown.until(() => member.ended !== undefined, 'the member to end');
    check(/UnsupportedAssignor/.test(member.ended), `it ended with ${member.ended}`);
  });
  await step('consumer protocol: an expression finds topics that come later', () =>
    patternSteps(driver, start),
  );
  await step('consumer protocol: a static member comes back to its partitions', () => staticSteps(start));
  await step('consumer protocol: a group changes to it and back, member by member', () =>
    migrationSteps(driver, start),
  );
  members.closeInput();
}

async function describeSteps(driver, start) {
  const group = await start('protocol-described');
  const members = await Promise.all(NAMES.map((name) => group.join(name)));
  await group.divided(members);
  await group.wave();
  const described = await driver.call('describeGroup', { group: group.topic });
  equal(
    [described.type, described.state, described.members, described.assignor],
    ['Consumer', 'Stable', NAMES.length, 'uniform'],
    'description',
  );
  equal(described.epoch, described.targetEpoch, 'epochs');
  for (const member of members) await group.leave(member);
  const empty = await driver.call('describeGroup', { group: group.topic });
  equal([empty.type, empty.state, empty.members], ['Consumer', 'Empty', 0], 'description of the empty group');
  // From outside, offsets of the empty group are set, and the next member reads from there.
  const offsets = { 0: 3, 1: 3, 2: 3, 3: 3, 4: 3, 5: 3 };
  await driver.call('setOffsets', { group: group.topic, topic: group.topic, offsets });
  group.seen.clear();
  group.committed.fill(3);
  const again = await group.join('d');
  const left = (group.sent / PARTITIONS - 3) * PARTITIONS;
  await group.until(() => group.seen.size === left, `${left} messages from offset 3 on`);
  await group.leave(again);
  await driver.call('deleteGroups', { groups: [group.topic] });
}

async function patternSteps(driver, start) {
  const group = await start('protocol-pattern-1');
  const [a, b] = await Promise.all(
    ['a', 'b'].map((name) => group.join(name, { topic: 'protocol-pattern-[0-9]+', isPattern: true })),
  );
  const count = () => a.partitions.length + b.partitions.length;
  await group.until(() => count() === PARTITIONS, 'the partitions of the first topic');
  await createReady(driver, [{ topic: 'protocol-pattern-2', partitions: PARTITIONS, configs: {} }]);
  await createReady(driver, [{ topic: 'protocol-pattern-x', partitions: PARTITIONS, configs: {} }]);
  await group.until(() => count() === 2 * PARTITIONS, 'the partitions of the second topic');
  equal([a.partitions.length, b.partitions.length], [PARTITIONS, PARTITIONS], 'what each has');
  await group.leave(a);
  await group.until(() => b.partitions.length === 2 * PARTITIONS, 'the last to take over');
  await group.leave(b);
}

async function staticSteps(start) {
  const group = await start('protocol-static');
  const join = (name, as = name) => group.join(as, { instanceId: `instance-${name}` });
  const members = await Promise.all(NAMES.map((name) => join(name)));
  await group.divided(members);
  await group.wave();
  const [a, b, c] = members;
  const had = a.partitions;
  const seenByOthers = b.assignments + c.assignments;
  await group.leave(a);
  const again = await join('a');
  await group.until(() => again.partitions.length > 0, 'the partitions of the one that came back');
  equal(again.partitions, had, 'partitions of the one that came back');
  await group.wave();
  equal(b.assignments + c.assignments, seenByOthers, 'assignments of the others');
  const second = await join('a', 'second');
  await group.until(() => second.ended !== undefined, 'a second of the same name to end');
  check(/UnreleasedInstanceId/.test(second.ended), `the second ended with ${second.ended}`);
  group.members.delete('second');
  await group.wave();
  for (const member of [again, b, c]) await group.leave(member);
}

async function migrationSteps(driver, start) {
  const classic = { assignor: 'CooperativeStickyAssignor' };
  const group = await start('protocol-migration', {});
  const members = await Promise.all(NAMES.map((name) => group.join(name, classic)));
  await group.divided(members);
  await group.wave();
  const type = async () => (await driver.call('describeGroup', { group: group.topic })).type;
  equal(await type(), 'Classic', 'the type of the group at first');
  for (const [options, after] of [
    [CONSUMER, ['Consumer', 'Consumer', 'Consumer']],
    [classic, ['Consumer', 'Consumer', 'Classic']],
  ]) {
    for (let i = 0; i < members.length; i += 1) {
      await group.leave(members[i]);
      members[i] = await group.join(NAMES[i], options);
      await group.divided(members);
      await group.wave();
      equal(await type(), after[i], `the type of the group after member ${i + 1}`);
    }
  }
  for (const member of members) await group.leave(member);
  await group.checkCommitted();
}
