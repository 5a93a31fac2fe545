// The admin calls, one step each; what a client does not have is declared by the name of the step.
import { check, equal, eventually, PATIENCE_MS } from '../harness.mjs';
import { createReady, message } from './produce.mjs';

async function refused(promise, pattern, what) {
  let error;
  await promise.catch((reason) => {
    error = reason;
  });
  check(error !== undefined, `${what} was not refused`);
  if (error.constructor.name === 'Absent') throw error;
  check(pattern.test(error.message), `${what}: refused with "${error.message}", wanted ${pattern}`);
}

export async function adminScenario(context) {
  await topicSteps(context);
  await configSteps(context);
  await offsetSteps(context);
  await groupSteps(context);
  await clusterSteps(context);
}

async function topicSteps({ client, driver, step }) {
  const topic = 'admin-topic';
  const call = (op, args) => driver.call(op, args);
  await step('admin: create a topic with configs', () =>
    call('createTopics', {
      topics: [
        { topic, partitions: 3, configs: { 'retention.ms': '86400000', 'max.message.bytes': '200000' } },
      ],
    }),
  );
  if (client.absent?.['admin: create a topic with configs'] !== undefined) {
    await createReady(driver, [{ topic, partitions: 3, configs: {} }]);
  }
  await step('admin: create a topic that exists is refused', () =>
    refused(
      call('createTopics', { topics: [{ topic, partitions: 3, configs: {} }] }),
      client.errors?.topicExists ?? /exists|TOPIC_ALREADY_EXISTS/i,
      'the second creation',
    ),
  );
  await step('admin: an invalid config is refused', () =>
    refused(
      call('createTopics', {
        topics: [{ topic: 'admin-bad', partitions: 1, configs: { 'retention.ms': 'soon' } }],
      }),
      client.errors?.invalidConfig ?? /invalid|configuration/i,
      'retention.ms=soon',
    ),
  );
  await step('admin: an invalid topic name is refused', () =>
    refused(
      call('createTopics', { topics: [{ topic: 'no/such name', partitions: 1, configs: {} }] }),
      client.errors?.invalidTopic ?? /topic/i,
      'the name',
    ),
  );
  await step('admin: list topics', async () => {
    const topics = await call('listTopics');
    check(topics.includes(topic), `${topic} is not listed among ${topics}`);
  });
  await step('admin: describe topic', async () => {
    equal((await call('describeTopic', { topic })).partitions, 3, 'partitions');
  });
  await step('admin: more partitions', async () => {
    await call('createPartitions', { topic, total: 5 });
    await eventually(
      () => call('describeTopic', { topic }),
      (got) => got.partitions === 5,
      PATIENCE_MS,
      'five partitions',
    );
  });
  await step('admin: fewer partitions are refused', () =>
    refused(
      call('createPartitions', { topic, total: 2 }),
      client.errors?.fewerPartitions ?? /partition/i,
      'shrinking',
    ),
  );
  await step('admin: delete a topic', async () => {
    await call('createTopics', { topics: [{ topic: 'admin-deleted', partitions: 1, configs: {} }] });
    await call('deleteTopics', { topics: ['admin-deleted'] });
    await eventually(
      () => call('listTopics'),
      (got) => !got.includes('admin-deleted'),
      PATIENCE_MS,
      'its deletion',
    );
  });
}

async function configSteps({ driver, step }) {
  const topic = 'admin-topic';
  const describe = () => driver.call('describeConfigs', { topic });
  const shows = (name, value) =>
    eventually(
      describe,
      (got) => got[name] === value,
      PATIENCE_MS,
      `${name}=${value} in the described configs`,
    );
  await step('admin: describe configs', async () => {
    const configs = await describe();
    equal(configs['retention.ms'], '86400000', 'retention.ms');
    equal(configs['max.message.bytes'], '200000', 'max.message.bytes');
    equal(configs['cleanup.policy'], 'delete', 'cleanup.policy');
    equal(configs['segment.bytes'], '1073741824', 'segment.bytes');
  });
  await step('admin: incremental alter configs', async () => {
    await driver.call('incrementalAlterConfigs', { topic, set: { 'retention.ms': '3600000' }, delete: [] });
    await shows('retention.ms', '3600000');
    await shows('max.message.bytes', '200000');
  });
  await step('admin: incremental alter configs, delete', async () => {
    await driver.call('incrementalAlterConfigs', { topic, set: {}, delete: ['max.message.bytes'] });
    await shows('max.message.bytes', '1048588');
  });
  await step('admin: alter configs', async () => {
    await driver.call('alterConfigs', { topic, configs: { 'retention.bytes': '123456789' } });
    await shows('retention.bytes', '123456789');
    await shows('retention.ms', '604800000');
  });
}

async function offsetSteps({ driver, step }) {
  const topic = 'admin-offsets';
  await createReady(driver, [{ topic, partitions: 1, configs: {} }]);
  await driver.call('produce', {
    topic,
    acks: -1,
    compression: 'none',
    messages: Array.from({ length: 20 }, (_, i) =>
      message({ partition: 0, value: `value-${i}`, timestamp: Date.now() }),
    ),
  });
  await step('admin: list offsets', async () => {
    equal(await driver.call('listOffsets', { topic, partitions: [0], at: 'earliest' }), { 0: 0 }, 'earliest');
    equal(await driver.call('listOffsets', { topic, partitions: [0], at: 'latest' }), { 0: 20 }, 'latest');
  });
  await step('admin: delete records', async () => {
    await driver.call('deleteRecords', { topic, offsets: { 0: 7 } });
    equal(await driver.call('listOffsets', { topic, partitions: [0], at: 'earliest' }), { 0: 7 }, 'earliest');
    const got = await driver.call('read', { topic, from: { 0: 7 }, count: 13 });
    equal(got[0].offset, 7, 'first offset that is read');
  });
}

async function groupSteps({ client, driver, step }) {
  const topic = 'admin-offsets';
  const group = 'admin-group';
  await driver.call('consume', { group, topic, count: 5, metadata: '' });
  await step('admin: list groups', async () => {
    const groups = await driver.call('listGroups');
    check(groups.includes(group), `${group} is not listed among ${groups}`);
  });
  await step('admin: describe group', async () => {
    // Not every client waits until its leaving is answered.
    await eventually(
      () => driver.call('describeGroup', { group }),
      (got) => got.state.toLowerCase() === 'empty' && got.members === 0,
      PATIENCE_MS,
      'a group that is empty',
    );
  });
  await step('admin: delete group', async () => {
    await driver.call('deleteGroups', { groups: [group] });
    const groups = await driver.call('listGroups');
    check(!groups.includes(group), `${group} is still listed`);
  });
  await step('admin: delete an unknown group is refused', () =>
    refused(
      driver.call('deleteGroups', { groups: ['admin-no-such-group'] }),
      client.errors?.unknownGroup ?? /group/i,
      'the deletion',
    ),
  );
}

async function clusterSteps({ driver, step }) {
  await step('admin: describe cluster', async () => {
    const got = await driver.call('describeCluster');
    equal(
      got.brokers.map((each) => `${each.host}:${each.port}`),
      [process.env.BOOTSTRAP],
      'brokers',
    );
    check(got.clusterId === undefined || got.clusterId.length > 0, 'an empty cluster id');
    equal(got.controller, got.brokers[0].id, 'controller');
  });
}
