import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import { buildBatch } from '../../src/record/build.ts';
import { loadProducers, saveProducers } from '../../src/transaction/producer-snapshot.ts';
import { APPEND, ProducerStates } from '../../src/transaction/producer-state.ts';

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
  states = newStates();
  producers = this.states.partition(TOPIC, 0);
  endOffset = 100;
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
    expect(p.states.entryCount).toBe(2);
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
    states.expire(1999);
    expect(states.entryCount).toBe(3);
    expect(producers.check(batch(50, 1, 0, 1))).toBeInstanceOf(BrokerError);
    states.expire(2000);
    expect(states.entryCount).toBe(2);
    expect(producers.check(batch(50, 1, 0, 1))).toBe(APPEND);
    expect(producers.check(batch(50, 1, 0, 2))).toBeInstanceOf(BrokerError);
    states.removeTopic(TOPIC);
    expect(states.entryCount).toBe(0);
  });

  test('keeps the number of producers within its bound, the latest ones', () => {
    const states = newStates(100);
    for (let i = 0; i < 150; i++) states.partition(TOPIC, i % 3).note(batch(0, 1, 0, i), i, i);
    states.expire(150);
    expect(states.entryCount).toBe(90);
    expect(states.partition(TOPIC, 59 % 3).check(batch(5, 1, 0, 59))).toBe(APPEND);
    expect(states.partition(TOPIC, 60 % 3).check(batch(5, 1, 0, 60))).toBeInstanceOf(BrokerError);
  });
});

describe('a restart', () => {
  const op = fc.record({
    partition: fc.nat(2),
    producerId: fc.nat(2),
    sequence: fc.nat(6),
    count: fc.integer({ min: 1, max: 3 }),
    epoch: fc.nat(1),
  });

  test('from a checkpoint and the batches behind it decides as before', () => {
    fc.assert(
      fc.property(
        fc.array(op, { maxLength: 60 }),
        fc.nat(60),
        fc.array(op, { maxLength: 20 }),
        (ops, savedAt, probes) => {
          const states = newStates();
          const again = newStates();
          const ends = [0, 0, 0];
          let saved = false;
          ops.forEach((o, i) => {
            if (i === savedAt) {
              loadProducers(again, saveProducers(states));
              saved = true;
            }
            const b = batch(o.sequence, o.count, o.epoch, o.producerId);
            const producers = states.partition(TOPIC, o.partition);
            if (producers.check(b) !== APPEND) return;
            const baseOffset = ends[o.partition]!;
            producers.note(b, baseOffset, 0);
            ends[o.partition] = baseOffset + o.count;
            if (saved) again.partition(TOPIC, o.partition).note(b, baseOffset, 0);
          });
          if (!saved) loadProducers(again, saveProducers(states));
          expect(again.entryCount).toBe(states.entryCount);
          for (const o of probes) {
            const b = batch(o.sequence, o.count, o.epoch, o.producerId);
            const verdict = states.partition(TOPIC, o.partition).check(b);
            expect(again.partition(TOPIC, o.partition).check(b)).toEqual(verdict);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('refuses what a newer version saved', () => {
    const saved = saveProducers(newStates());
    saved[0] = 3;
    expect(() => loadProducers(newStates(), saved)).toThrow(/format 3/);
  });
});
