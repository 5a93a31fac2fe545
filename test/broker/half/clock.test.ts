/** When half messages are asked for, over a whole broker whose clock is set. */
import { expect, test } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { createMemoryDisk } from '../../../src/platform/memory-disk.ts';
import { nodeClock } from '../../../src/platform/node/clock.ts';
import { buildBatch } from '../../../src/record/build.ts';
import { LeapClock } from '../../support/leap-clock.ts';
import { openMemoryBroker } from '../../support/memory-broker.ts';

test('a half message is asked for in its time, also where the clock was set back while the broker was stopped', async () => {
  const platform = { clock: new LeapClock(), disk: createMemoryDisk({ clock: nodeClock }) };
  const { clock } = platform;
  let { broker } = await openMemoryBroker({ platform });
  await broker.createTopics([{ name: 't', partitionCount: 1, replicationFactor: -1, configs: [] }]);
  const topic = broker.topics.byName('t')!;
  const prepared = await new Promise((resolve) =>
    broker.halfMessages.prepare(
      {
        partition: broker.topics.partition(topic, 0)!,
        batch: buildBatch([{ key: null, value: Buffer.from('a') }], { timestampMs: clock.nowMs() }),
        producerGroup: 'senders',
        checkAfterMs: 5000,
      },
      resolve,
    ),
  );
  expect(prepared).not.toBeInstanceOf(BrokerError);
  await broker.close();
  clock.set(-24 * 3_600_000);
  ({ broker } = await openMemoryBroker({ platform }));
  const asked = new Promise((resolve) => {
    broker.halfMessages.onCheck(topic.id, (check) => {
      resolve(check);
      return true;
    });
  });
  clock.leap(5000);
  expect(await asked).toMatchObject({ ...(prepared as object), checks: 1 });
  await broker.close();
});
