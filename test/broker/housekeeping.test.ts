/** What a broker does by itself: when idle producers are forgotten, and when topics are looked at that are to be compacted. */
import { afterEach, expect, it } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { Housekeeping } from '../../src/broker/housekeeping.ts';
import type { Topic } from '../../src/metadata/image.ts';
import { buildBatch } from '../../src/record/build.ts';
import { ProducerStates } from '../../src/transaction/producer-state.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { Bench } from '../metadata/helpers.ts';
import { TestLogger } from '../store/support.ts';

const LOOK_MS = 600_000;
const DAY_MS = 86_400_000;

let housekeeping: Housekeeping | null = null;
afterEach(() => housekeeping?.stop());

/** `log`: what it calls of the broker's. */
function begin({
  metadata,
  producers = new ProducerStates({ expirationMs: DAY_MS, entriesMax: 10 }),
  log = {},
}: {
  readonly metadata: Bench;
  readonly producers?: ProducerStates;
  readonly log?: object;
}): { readonly clock: TestClock; readonly started: Housekeeping } {
  const clock = new TestClock();
  // What it looks at of a broker.
  const broker = {
    clock,
    log,
    settings: { retentionCheckIntervalMs: 1e12 },
    metadata: { image: metadata.image },
  } as unknown as Broker;
  housekeeping = new Housekeeping({ broker, producers, logger: new TestLogger() });
  housekeeping.start();
  return { clock, started: housekeeping };
}

/** It arms itself anew in later microtasks. */
async function advance(clock: TestClock, ms: number): Promise<void> {
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

it('goes by producer.id.expiration.ms as it is set while the broker runs', async () => {
  const metadata = new Bench({ 'log.cleaner.backoff.ms': '1000000000000' });
  const producers = new ProducerStates({ expirationMs: DAY_MS, entriesMax: 10 });
  const batch = buildBatch([{ key: null, value: null }], {
    timestampMs: 0,
    producerId: 1,
    producerEpoch: 0,
    baseSequence: 0,
  });
  const { clock } = begin({ metadata, producers });
  producers.partition(uuidFromBytes(Buffer.alloc(16, 7)), 0).note(batch, 0, clock.nowMs());
  const look = () => advance(clock, LOOK_MS);
  await look();
  expect(producers.entryCount).toBe(1);
  const changes = [{ name: 'producer.id.expiration.ms', operation: 'set', value: '1000000' }] as const;
  const resources = [{ resource: { kind: 'broker', name: '' }, mode: 'incremental', changes }] as const;
  expect(metadata.run({ kind: 'alter-configs', validateOnly: false, resources })).toEqual([null]);
  expect(producers.entryCount).toBe(1);
  await look();
  expect(producers.entryCount).toBe(0);
});

it('looks soon after a topic was made compacted, also when it is looking just then', async () => {
  const metadata = new Bench({ 'log.cleaner.backoff.ms': '15000' });
  let looks = 0;
  let ended: (isAny: boolean) => void = () => {};
  const log = {
    compact: () =>
      new Promise<boolean>((resolve) => {
        looks++;
        ended = resolve;
      }),
  };
  const { clock, started } = begin({ metadata, log });
  const topicWith = (compaction: object | null): Topic => ({ config: { compaction } }) as unknown as Topic;
  const after = async (ms: number): Promise<number> => {
    await advance(clock, ms);
    return looks;
  };
  started.topicsChanged([topicWith(null)]);
  expect(await after(5000)).toBe(0);
  started.topicsChanged([topicWith(null), topicWith({})]);
  expect(await after(999)).toBe(0);
  // No later for another change.
  started.topicsChanged([topicWith({})]);
  expect(await after(1)).toBe(1);
  started.topicsChanged([topicWith({})]);
  expect(await after(5000)).toBe(1);
  ended(false);
  await after(0);
  expect(await after(999)).toBe(1);
  expect(await after(1)).toBe(2);
  ended(false);
  await after(0);
  expect(await after(14_999)).toBe(2);
  expect(await after(1)).toBe(3);
});
