import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import { type QueueRecord, QueueRecordCodec, type Settled } from '../../src/queue/records.ts';
import { QUEUE_ORDERS, SUBSCRIPTION_DEFAULTS } from '../../src/queue/settings.ts';
import { DEATH_REASONS } from '../../src/queue/window.ts';
import { checkComesBack, checkRefusals } from '../machine/support/record-codec.ts';

const int32 = fc.nat(2 ** 31 - 1);
const uint32 = fc.nat(2 ** 32 - 1);
const int53 = fc.maxSafeNat();
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => uuidFromBytes(Buffer.from(b)));

const range = fc.tuple(int53, int53).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const stretch: fc.Arbitrary<Settled> = range.chain((offsets) =>
  fc
    .tuple(uint32, int53, int53, fc.constantFrom(...DEATH_REASONS))
    .chain(([deliveries, key, untilMs, reason]) =>
      fc.constantFrom<Settled>(
        { ...offsets, state: 'done', deliveries: 0, key: 0, untilMs: 0, reason: null },
        { ...offsets, state: 'available', deliveries, key, untilMs: 0, reason: null },
        { ...offsets, state: 'waiting', deliveries, key, untilMs, reason: null },
        { ...offsets, state: 'dead', deliveries, key, untilMs: 0, reason },
      ),
    ),
);
const stretches = fc.array(stretch, { maxLength: 5 });

const record: fc.Arbitrary<QueueRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('subscription' as const),
    id: int32,
    topicId: uuid,
    name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    settings: fc
      .record({ order: fc.constantFrom(...QUEUE_ORDERS), deadLetterTopic: fc.option(fc.string()) })
      .map((some) => ({ ...SUBSCRIPTION_DEFAULTS, ...some })),
  }),
  fc.record({ kind: fc.constant('removed' as const), id: int32 }),
  fc.record({ kind: fc.constant('window' as const), id: int32, partition: int32, next: int53, stretches }),
  fc.record({ kind: fc.constant('settled' as const), id: int32, partition: int32, stretches }),
  fc.record({ kind: fc.constant('topic-removed' as const), topicId: uuid }),
);

describe('records of the queue machine', () => {
  const codec = new QueueRecordCodec();

  test('come back as they were', () => {
    fc.assert(fc.property(record, (one) => checkComesBack(codec, one)));
  });

  test('are refused where they are newer, cut, longer, or unknown', () => {
    fc.assert(fc.property(record, fc.nat(), (one, cut) => checkRefusals(codec, one, cut)));
  });

  test('of any bytes are read, or refused with an error, and cost no more than they are', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), bytes, fc.option(bytes), (type, rest, value) => {
        try {
          codec.decode({ key: Buffer.concat([Buffer.from([type, 0]), rest]), value });
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
        }
      }),
    );
  });

  test('of a fixed form are these bytes', () => {
    const stretchOf = (first: number, last: number, some: Partial<Settled>): Settled => {
      return { first, last, state: 'done', deliveries: 0, key: 0, untilMs: 0, reason: null, ...some };
    };
    const { key, value } = codec.encode({
      kind: 'settled',
      id: 258,
      partition: 3,
      stretches: [
        stretchOf(7, 7 + 2 ** 33, {}),
        stretchOf(1, 1, { state: 'waiting', deliveries: 300, key: 5, untilMs: 6 }),
        stretchOf(2, 3, { state: 'dead', deliveries: 1, reason: 'expired' }),
      ],
    });
    expect(key.toString('hex')).toBe('030000000102');
    expect(value!.toString('hex')).toBe(
      '00000003' +
        '04' +
        '0000000000000007' +
        '8080808020' +
        '00' +
        '0000000000000001' +
        '00' +
        '02' +
        'ac02' +
        '0000000000000005' +
        '0000000000000006' +
        '0000000000000002' +
        '01' +
        '03' +
        '01' +
        '0000000000000000' +
        '02',
    );
  });
});
