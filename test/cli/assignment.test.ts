import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assignRange,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../src/cli/assignment.ts';

const TOPIC = fc.string({ minLength: 1, maxLength: 20 });

describe('the bytes of members', () => {
  test('a subscription as Kafka writes version 0', () => {
    expect(encodeSubscription(['ab']).toString('hex')).toBe(
      '0000' + '00000001' + '0002' + '6162' + 'ffffffff',
    );
  });

  test('an assignment as Kafka writes version 0', () => {
    expect(encodeAssignment([{ topic: 'ab', partitions: [1, 2] }]).toString('hex')).toBe(
      '0000' + '00000001' + '0002' + '6162' + '00000002' + '00000001' + '00000002' + 'ffffffff',
    );
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.array(TOPIC), (topics) => {
        expect(decodeSubscription(encodeSubscription(topics))).toEqual(
          topics.map((topic) => Buffer.from(topic).toString()),
        );
      }),
    );
    const parts = fc.record({
      topic: fc.string({ maxLength: 9, unit: 'grapheme-ascii' }),
      partitions: fc.array(fc.nat()),
    });
    fc.assert(
      fc.property(fc.array(parts), (assignment) => {
        expect(decodeAssignment(encodeAssignment(assignment))).toEqual(assignment);
      }),
    );
  });

  test('foreign bytes give nothing, and no exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(Array.isArray(decodeAssignment(Buffer.from(bytes)))).toBe(true);
        expect(Array.isArray(decodeSubscription(Buffer.from(bytes)))).toBe(true);
      }),
    );
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
    expect(decodeAssignment(Buffer.from('00007fffffff', 'hex'))).toEqual([]);
  });
});

describe('range', () => {
  test('neighbours, the first members one more', () => {
    const members = ['c', 'a', 'b'].map((memberId) => ({ memberId, topics: ['t'] }));
    expect(assignRange(members, new Map([['t', 7]]))).toEqual(
      new Map([
        ['c', [{ topic: 't', partitions: [5, 6] }]],
        ['a', [{ topic: 't', partitions: [0, 1, 2] }]],
        ['b', [{ topic: 't', partitions: [3, 4] }]],
      ]),
    );
  });

  test('only subscribers get partitions, and one too many gets none', () => {
    const members = [
      { memberId: 'a', topics: ['t'] },
      { memberId: 'b', topics: ['t', 'u'] },
    ];
    const counts = new Map([
      ['t', 1],
      ['u', 1],
      ['v', 3],
    ]);
    expect(assignRange(members, counts)).toEqual(
      new Map([
        ['a', [{ topic: 't', partitions: [0] }]],
        ['b', [{ topic: 'u', partitions: [0] }]],
      ]),
    );
  });

  test('each partition goes to one member', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 50 }),
        (memberCount, partitions) => {
          const members = Array.from({ length: memberCount }, (_, n) => ({
            memberId: `m${n}`,
            topics: ['t'],
          }));
          const given = [...assignRange(members, new Map([['t', partitions]])).values()].flatMap((list) =>
            list.flatMap((one) => one.partitions),
          );
          expect(given.sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, n) => n));
        },
      ),
    );
  });
});
