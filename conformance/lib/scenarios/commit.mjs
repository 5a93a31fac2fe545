// Commit with metadata, look at the commit from outside, resume from it; once more after the broker was killed.
import { absent, equal } from '../harness.mjs';
import { brokerCtl } from '../suite.mjs';
import { createReady, message } from './produce.mjs';

const text = (value) => Buffer.from(value, 'base64').toString();

export async function commitScenario({ client, driver, step }) {
  const topic = 'commit-topic';
  const group = 'commit-group';
  const values = (first, end) => Array.from({ length: end - first }, (_, i) => `value-${first + i}`);
  await createReady(driver, [{ topic, partitions: 1, configs: {} }]);
  await driver.call('produce', {
    topic,
    acks: -1,
    compression: 'none',
    messages: values(0, 30).map((value) => message({ partition: 0, value })),
  });

  await step('commit: a group reads 10 messages and commits offset 10', async () => {
    const got = await driver.call('consume', { group, topic, count: 10, metadata: 'checkpoint ten' });
    equal(
      got.map((each) => text(each.value)),
      values(0, 10),
      'values of the first consumer',
    );
  });
  await step('commit: offset seen from outside', async () => {
    const committed = await driver.call('committed', { group, topic, partitions: [0] });
    equal(committed['0'].offset, 10, 'committed offset');
  });
  await step('commit: metadata', async () => {
    const committed = await driver.call('committed', { group, topic, partitions: [0], withMetadata: true });
    equal(
      committed['0'].metadata,
      client.noMetadata === undefined ? 'checkpoint ten' : '',
      'metadata of the commit',
    );
  });
  if (client.noMetadata !== undefined) absent('commit: metadata', client.noMetadata);
  await step('commit: the group resumes from its commit', async () => {
    const got = await driver.call('consume', { group, topic, count: 10, metadata: 'checkpoint twenty' });
    equal(
      got.map((each) => text(each.value)),
      values(10, 20),
      'values of the second consumer',
    );
    equal(
      got.map((each) => each.offset),
      Array.from({ length: 10 }, (_, i) => 10 + i),
      'offsets',
    );
  });
  await step('commit: the group resumes from its commit after kill -9 of the broker', async () => {
    await brokerCtl('restart');
    const got = await driver.call('consume', { group, topic, count: 10, metadata: 'checkpoint thirty' });
    equal(
      got.map((each) => text(each.value)),
      values(20, 30),
      'values of the third consumer',
    );
    if (client.absent?.['commit: offset seen from outside'] !== undefined) return;
    const committed = await driver.call('committed', { group, topic, partitions: [0] });
    equal(committed['0'].offset, 30, 'committed offset');
  });
  await step('commit: an unknown partition has no commit', async () => {
    const committed = await driver.call('committed', {
      group: 'commit-no-such-group',
      topic,
      partitions: [0],
    });
    equal(committed['0'].offset, -1, 'offset of a group that never committed');
  });
  await step('commit: offsets set from outside', async () => {
    await driver.call('setOffsets', { group, topic, offsets: { 0: 5 } });
    const got = await driver.call('consume', { group, topic, count: 3, metadata: '' });
    equal(
      got.map((each) => text(each.value)),
      values(5, 8),
      'values after the offset was set to 5',
    );
  });
}
