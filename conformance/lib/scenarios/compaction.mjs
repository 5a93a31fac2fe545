// A compacted topic: of each key the latest message stays, at its offset and in order; one without a key is refused.
import { check, equal, eventually, PATIENCE_MS } from '../harness.mjs';
import { createReady, message } from './produce.mjs';

const KEYS = 10;
const ROUNDS = 10;
const topic = 'compaction-topic';
const text = (value) => (value === null ? null : Buffer.from(value, 'base64').toString());

export async function compactionScenario({ client, driver, step }) {
  const configs = {
    'cleanup.policy': 'compact',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '600000',
  };
  await createReady(driver, [{ topic, partitions: 1, configs }]);
  const send = (key, value, compression = 'none') =>
    driver.call('produce', {
      topic,
      acks: -1,
      compression,
      messages: [message({ partition: 0, key, value })],
    });
  /** What is first from an offset on. */
  const first = async (offset, count) => {
    const got = await driver.call('read', { topic, from: { 0: offset }, count });
    // Some clients read on to the end.
    return got.slice(0, count).map((each) => [each.offset, text(each.key), text(each.value)]);
  };
  /** Until what comes first begins at an offset. Kafka closes its last segment only when something more is sent. */
  const untilFirst = (offset, at, what) =>
    eventually(
      async () => {
        await send('tick', 'tick');
        return (await first(offset, 1))[0][0];
      },
      (found) => found === at,
      PATIENCE_MS,
      what,
    );
  const sent = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const messages = Array.from({ length: KEYS }, (_, i) =>
      message({ partition: 0, key: `k${i}`, value: `${round}-${i}` }),
    );
    sent.push(...messages);
    const compression = client.compressions[round % client.compressions.length];
    await driver.call('produce', { topic, acks: -1, compression, messages });
  }
  const start = sent.length - KEYS;
  const latest = Array.from({ length: KEYS }, (_, i) => [start + i, `k${i}`, `${ROUNDS - 1}-${i}`]);
  await step('compaction: the latest of each key stays, at its offset', async () => {
    await untilFirst(0, start, 'the first rounds to be compacted away');
    equal(await first(0, KEYS), latest, 'messages from the beginning');
  });
  await step('compaction: reading from an offset that is gone goes on with the next message', async () => {
    equal(await first(start - 7, 2), latest.slice(0, 2), 'messages from there');
  });
  await step('compaction: a key that is deleted leaves its tombstone', async () => {
    await send('k0', null);
    await untilFirst(0, start + 1, 'the value of the deleted key to be compacted away');
    const left = await first(0, KEYS);
    equal(left.slice(0, KEYS - 1), latest.slice(1), 'messages of the other keys');
  });
  await step('compaction: a message without a key is refused', async () => {
    for (const compression of ['none', 'gzip']) {
      const error = await send(null, 'no key', compression).then(
        () => undefined,
        (refusal) => refusal,
      );
      check(error !== undefined, `one that is compressed with ${compression} was taken`);
    }
  });
}
