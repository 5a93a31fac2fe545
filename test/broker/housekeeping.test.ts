/** What a broker does by itself: when idle producers are forgotten. */
import { afterEach, expect, it } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { Housekeeping } from '../../src/broker/housekeeping.ts';
import { buildBatch } from '../../src/record/build.ts';
import { ProducerStates } from '../../src/transaction/producer-state.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { Bench } from '../metadata/helpers.ts';
import { TestLogger } from '../store/support.ts';

const LOOK_MS = 600_000;
const DAY_MS = 86_400_000;

let housekeeping: Housekeeping | null = null;
afterEach(() => housekeeping?.stop());

it('goes by producer.id.expiration.ms as it is set while the broker runs', async () => {
  const clock = new TestClock();
  const metadata = new Bench({ 'log.cleaner.backoff.ms': '1000000000000' });
  const producers = new ProducerStates({ expirationMs: DAY_MS, entriesMax: 10 });
  const batch = buildBatch([{ key: null, value: null }], {
    timestampMs: 0,
    producerId: 1,
    producerEpoch: 0,
    baseSequence: 0,
  });
  producers.partition(uuidFromBytes(Buffer.alloc(16, 7)), 0).note(batch, 0, clock.nowMs());
  // What it looks at of a broker.
  const broker = {
    clock,
    settings: { retentionCheckIntervalMs: 1e12 },
    metadata: { image: metadata.image },
  };
  housekeeping = new Housekeeping({
    broker: broker as unknown as Broker,
    producers,
    logger: new TestLogger(),
  });
  housekeeping.start();
  const look = async (): Promise<void> => {
    clock.advance(LOOK_MS);
    // It arms itself anew in later microtasks.
    await new Promise((resolve) => setImmediate(resolve));
  };
  await look();
  expect(producers.entryCount).toBe(1);
  const changes = [{ name: 'producer.id.expiration.ms', operation: 'set', value: '1000000' }] as const;
  const resources = [{ resource: { kind: 'broker', name: '' }, mode: 'incremental', changes }] as const;
  expect(metadata.run({ kind: 'alter-configs', validateOnly: false, resources })).toEqual([null]);
  expect(producers.entryCount).toBe(1);
  await look();
  expect(producers.entryCount).toBe(0);
});
