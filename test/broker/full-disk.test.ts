/** A disk of which only the reserve is left: produced records are refused, what makes room is taken. */
import { expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { buildBatch } from '../../src/record/build.ts';
import { openMemoryBroker } from '../support/memory-broker.ts';

const RESERVE = 1_000_000;

it('lets topics be deleted and retention be shortened, from half of the reserve', async () => {
  const disk = createMemoryDisk({ clock: nodeClock });
  let freeBytes = 3 * RESERVE;
  disk.space = () => ({ freeBytes, totalBytes: 1000 * RESERVE });
  const settings = { 'polylog.disk.reserve.bytes': String(RESERVE) };
  const { broker } = await openMemoryBroker({ settings, platform: { disk } });
  const described = { partitionCount: 1, replicationFactor: -1, configs: [] };
  expect((await broker.createTopics(['a', 'b', 'c'].map((name) => ({ name, ...described })))).size).toBe(0);

  const { log } = broker;
  const stream = log.stream(broker.metadata.image.topicByName('a')!.id, 0);
  const value = Buffer.alloc(1000);
  /** Null: it was taken, and is written. */
  const produce = (): Promise<BrokerError | null> =>
    new Promise((resolve) => {
      const outcome = log.append({
        entries: [{ stream, batch: buildBatch([{ key: null, value }], { timestampMs: 0 }) }],
        durability: 'os',
        onCommitted: () => resolve(null),
      });
      if (outcome instanceof BrokerError) resolve(outcome);
    });
  const shorten = () =>
    broker.propose({
      kind: 'alter-configs',
      validateOnly: false,
      resources: [
        {
          resource: { kind: 'topic', name: 'a' },
          mode: 'incremental',
          changes: [{ name: 'retention.ms', operation: 'set', value: '1000' }],
        },
      ],
    });
  const remove = (name: string) => broker.propose({ kind: 'delete-topics', topics: [{ name, id: null }] });
  const full = expect.objectContaining({ code: 'storage-full' });

  freeBytes = 0.6 * RESERVE;
  // What was allowed at the last look is used up first.
  for (let left = 2000; left > 0 && (await produce()) === null; left--);
  expect(await produce()).toEqual(full);
  expect(await shorten()).toEqual([null]);
  expect(await remove('b')).toHaveLength(1);
  expect(broker.metadata.image.topicByName('b')).toBeUndefined();
  expect(await produce()).toEqual(full);

  freeBytes = 0.5 * RESERVE;
  expect(await remove('c')).toEqual(full);
  await broker.close();
});
