import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { buildBatch } from '../../src/record/build.ts';
import { createProducerCheckpointMachine } from '../../src/transaction/producer-checkpoints.ts';
import { APPEND, type PartitionProducers, ProducerStates } from '../../src/transaction/producer-state.ts';
import { MemoryLog } from '../machine/support/memory-log.ts';
import { TestClock } from '../machine/support/test-clock.ts';

const TOPIC = uuidFromBytes(Buffer.alloc(16, 7));
const newStates = (entriesMax = 1000): ProducerStates =>
  new ProducerStates({ expirationMs: 1000, entriesMax });

function batch(sequence: number, count = 1, epoch = 0, producerId = 9): Buffer {
  return buildBatch(
    Array.from({ length: count }, () => ({ key: null, value: null })),
    { timestampMs: 0, producerId, producerEpoch: epoch, baseSequence: sequence },
  );
}

/** A partition that appends what it accepts. */
class Partition {
  producers: PartitionProducers;
  endOffset = 100;
  constructor(producers = newStates().partition(TOPIC, 0)) {
    this.producers = producers;
  }
  send(b: Buffer, count = 1): string {
    const verdict = this.producers.check(b);
    if (verdict instanceof BrokerError) return verdict.code;
    if (verdict !== APPEND) return `duplicate of ${verdict}`;
    this.producers.note(b, this.endOffset, 0);
    this.endOffset += count;
    return `at ${this.endOffset - count}`;
  }
}

describe('an idempotent producer', () => {
  test('has its batches in order, once', () => {
    const p = new Partition();
    expect(p.send(batch(0, 3), 3)).toBe('at 100');
    expect(p.send(batch(3, 2), 2)).toBe('at 103');
    expect(p.send(batch(3, 2), 2)).toBe('duplicate of 103');
    expect(p.send(batch(0, 3), 3)).toBe('duplicate of 100');
    expect(p.send(batch(6))).toBe('out-of-order-sequence');
    expect(p.send(batch(4))).toBe('out-of-order-sequence');
    expect(p.send(batch(0, 2), 2)).toBe('out-of-order-sequence');
    expect(p.send(batch(5))).toBe('at 105');
  });

  test('has its last five batches remembered', () => {
    const p = new Partition();
    for (let i = 0; i < 6; i++) expect(p.send(batch(i))).toBe(`at ${100 + i}`);
    expect(p.send(batch(0))).toBe('out-of-order-sequence');
    for (let i = 1; i < 6; i++) expect(p.send(batch(i))).toBe(`duplicate of ${100 + i}`);
    expect(p.send(batch(6))).toBe('at 106');
    expect(p.send(batch(1))).toBe('out-of-order-sequence');
  });

  test('may begin anywhere when it is unknown, and with 0 in a new epoch', () => {
    const p = new Partition();
    expect(p.send(batch(77))).toBe('at 100');
    expect(p.send(batch(78, 1, 1))).toBe('out-of-order-sequence');
    expect(p.send(batch(0, 1, 1))).toBe('at 101');
    expect(p.send(batch(78, 1, 0))).toBe('invalid-producer-epoch');
    expect(p.send(batch(77, 1, 0))).toBe('invalid-producer-epoch');
    expect(p.send(batch(1, 1, 1))).toBe('at 102');
  });

  test('goes on with 0 after 2^31 - 1, also inside of a batch', () => {
    const p = new Partition();
    expect(p.send(batch(0x7ffffffe, 2), 2)).toBe('at 100');
    expect(p.send(batch(1))).toBe('out-of-order-sequence');
    expect(p.send(batch(0))).toBe('at 102');
    const q = new Partition();
    expect(q.send(batch(0x7fffffff, 3), 3)).toBe('at 100');
    expect(q.send(batch(0x7fffffff, 3), 3)).toBe('duplicate of 100');
    expect(q.send(batch(2))).toBe('at 103');
  });

  test('is apart from others, and from batches without a producer', () => {
    const p = new Partition();
    expect(p.send(batch(0, 1, 0, 1))).toBe('at 100');
    expect(p.send(batch(5, 1, 3, 2))).toBe('at 101');
    const plain = buildBatch([{ key: null, value: null }], { timestampMs: 0 });
    expect(p.send(plain)).toBe('at 102');
    expect(p.send(plain)).toBe('at 103');
    expect(p.send(batch(1, 1, 0, 1))).toBe('at 104');
    expect(p.producers.nextOffset).toBe(105);
  });

  test('begins anew after a control batch', () => {
    const p = new Partition();
    expect(p.send(batch(0))).toBe('at 100');
    const control = buildBatch([{ key: null, value: null }], {
      timestampMs: 0,
      producerId: 9,
      producerEpoch: 1,
      control: true,
    });
    p.producers.note(control, 101, 0);
    expect(p.send(batch(1, 1, 1))).toBe('out-of-order-sequence');
    expect(p.send(batch(0, 1, 1))).toBe('at 101');
  });
});

describe('expiry', () => {
  test('forgets who is silent too long', () => {
    const states = newStates();
    const producers = states.partition(TOPIC, 0);
    producers.note(batch(0, 1, 0, 1), 0, 1000);
    producers.note(batch(0, 1, 0, 2), 1, 1500);
    states.partition(TOPIC, 1).note(batch(0, 1, 0, 1), 0, 1200);
    expect(states.entryCount).toBe(3);
    states.expire(1999);
    expect(states.entryCount).toBe(3);
    states.expire(2000);
    expect(states.entryCount).toBe(2);
    expect([...producers.entries.keys()]).toEqual([2]);
    expect(producers.check(batch(50, 1, 0, 1))).toBe(APPEND);
    states.removeTopic(TOPIC);
    expect(states.entryCount).toBe(0);
  });

  test('keeps the number of producers within its bound, the latest ones', () => {
    const states = newStates(100);
    const producers = states.partition(TOPIC, 0);
    for (let i = 0; i < 150; i++) producers.note(batch(0, 1, 0, i), i, i);
    states.expire(150);
    expect(states.entryCount).toBe(90);
    expect(Math.min(...producers.entries.keys())).toBe(60);
  });
});

describe('a restart', () => {
  type Op = { partition: number; producerId: number; sequence: number; count: number; epoch: number };
  const op: fc.Arbitrary<Op | 'checkpoint' | 'commit'> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        partition: fc.nat(2),
        producerId: fc.nat(2),
        sequence: fc.nat(6),
        count: fc.integer({ min: 1, max: 3 }),
        epoch: fc.nat(1),
      }),
    },
    fc.constantFrom('checkpoint' as const, 'commit' as const),
  );

  function entriesOf(states: ProducerStates): unknown {
    return [...states.partitions()]
      .filter((p) => p.nextOffset > 0)
      .sort((a, b) => a.partition - b.partition)
      .map((p) => [p.partition, p.nextOffset, [...p.entries].sort(([a], [b]) => a - b)]);
  }

  test('from checkpoints and the batches behind them gives the same state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 60 }), fc.nat(3), async (ops, keep) => {
        const log = new MemoryLog();
        const start = async (l: MemoryLog) => {
          const runner = new MachineRunner({
            machine: createProducerCheckpointMachine(newStates),
            log: l,
            clock: new TestClock(),
            snapshotBytesMin: 500,
          });
          await runner.start();
          return runner;
        };
        const runner = await start(log);
        const stored = new Map<number, { batch: Buffer; baseOffset: number }[]>();
        for (const o of ops) {
          if (o === 'checkpoint') runner.submit({ kind: 'checkpoint' }, () => {});
          else if (o === 'commit') log.commit();
          else {
            const producers = runner.state.partition(TOPIC, o.partition);
            const b = batch(o.sequence, o.count, o.epoch, o.producerId);
            if (producers.check(b) !== APPEND) continue;
            const batches = stored.get(o.partition) ?? [];
            const last = batches.at(-1);
            const baseOffset = last === undefined ? 0 : producers.nextOffset;
            producers.note(b, baseOffset, 5);
            batches.push({ batch: b, baseOffset });
            stored.set(o.partition, batches);
          }
        }
        const again = await start(log.crash(keep));
        for (const [partition, batches] of stored) {
          const producers = again.state.partition(TOPIC, partition);
          const from = producers.nextOffset;
          for (const { batch: b, baseOffset } of batches) {
            if (baseOffset >= from) producers.note(b, baseOffset, 5);
          }
        }
        expect(entriesOf(again.state)).toEqual(entriesOf(runner.state));
        expect(again.state.entryCount).toBe(runner.state.entryCount);
      }),
      { numRuns: 200 },
    );
  });

  test('checkpoints only what changed', async () => {
    const log = new MemoryLog();
    const runner = new MachineRunner({
      machine: createProducerCheckpointMachine(newStates),
      log,
      clock: new TestClock(),
    });
    await runner.start();
    const checkpoint = (): number => {
      const before = log.endOffset;
      runner.submit({ kind: 'checkpoint' }, () => {});
      return log.endOffset - before;
    };
    runner.state.partition(TOPIC, 0).note(batch(0), 0, 5);
    runner.state.partition(TOPIC, 1).note(batch(0), 0, 5);
    expect(checkpoint()).toBe(2);
    runner.state.partition(TOPIC, 1).note(batch(1), 1, 5);
    expect(checkpoint()).toBe(1);
    expect(checkpoint()).toBe(0);
  });
});
