import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeCompression } from '../../../src/platform/node/compression.ts';
import {
  ENCODING,
  MESSAGE_TYPE,
  type Message,
  newMessage,
  newSystemProperties,
  type SystemProperties,
} from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { messageOf, recordOf } from '../../../src/protocol/rocketmq/message-record.ts';
import { typeOf } from '../../../src/protocol/rocketmq/message-type.ts';
import { fromMs } from '../../../src/protocol/rocketmq/time.ts';
import { buildBatch, type RecordInput } from '../../../src/record/build.ts';
import { recordsSection } from '../../../src/record/section.ts';
import { walkRecords } from '../../../src/record/walk.ts';

const topic = { resourceNamespace: 'ns', name: 'orders' };

/** What is read of a record that was stored. */
function reread(record: RecordInput): Message {
  const batch = buildBatch([record], { timestampMs: 0 });
  const section = recordsSection(batch, { compression: nodeCompression, bytesMax: 1 << 20 });
  let message: Message | null = null;
  walkRecords(section, 1, (view) => {
    message = messageOf(section, view, { topic, partition: 3, offset: 42, timestampMs: record.timestampMs! });
  });
  return message!;
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const propertyName = fc.oneof(
  text,
  fc.constantFrom('tag', 'message-id', 'priority', 'deliver-at-ms', 'content-encoding', 'correlation-id'),
  fc.constantFrom('rocketmq-key', 'rocketmq-property-tag', 'rocketmq-x', '__proto__'),
);
const time = fc.integer({ min: 1, max: 4e12 }).map(fromMs);
/** Of one type or another; a message has not the fields of two. */
const kind: fc.Arbitrary<Partial<SystemProperties>> = fc.oneof(
  fc.constantFrom({}, { messageType: MESSAGE_TYPE.TRANSACTION }),
  text.map((messageGroup) => ({ messageGroup })),
  time.map((deliveryTimestamp) => ({ deliveryTimestamp })),
  fc.nat(255).map((priority) => ({ priority })),
  text.map((liteTopic) => ({ liteTopic })),
);
const message: fc.Arbitrary<Message> = fc
  .record({
    kind,
    tag: fc.option(text),
    keys: fc.array(text, { maxLength: 3 }),
    messageId: text,
    bodyEncoding: fc.constantFrom(ENCODING.IDENTITY, ENCODING.GZIP),
    bornTimestamp: time,
    bornHost: text,
    traceContext: fc.option(text),
    properties: fc.array(fc.tuple(propertyName, fc.string({ maxLength: 20 })), { maxLength: 6 }),
    body: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  })
  .map(({ kind: fields, properties, body, ...system }) => {
    const systemProperties = { ...newSystemProperties(), ...system, ...fields };
    systemProperties.messageType ||= typeOf(systemProperties);
    return {
      ...newMessage(),
      topic,
      body: Buffer.from(body),
      userProperties: new Map(properties),
      systemProperties,
    };
  });

describe('a message as a record', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const read = reread(recordOf(sent, 7));
        expect([...read.userProperties]).toEqual([...sent.userProperties]);
        const { bornTimestamp } = sent.systemProperties!;
        expect(read).toEqual({
          ...sent,
          systemProperties: {
            ...sent.systemProperties,
            queueId: 3,
            queueOffset: 42,
            storeTimestamp: bornTimestamp,
          },
        });
      }),
      { numRuns: 500 },
    );
  });

  it('shows its fields to others under their well-known names', () => {
    const systemProperties = {
      ...newSystemProperties(),
      messageId: 'ABC',
      tag: 'paid',
      keys: ['k1', 'k2'],
      messageGroup: 'customer-7',
      bornTimestamp: fromMs(1_700_000_000_123),
    };
    const userProperties = new Map([
      ['colour', 'red'],
      ['tag', 'mine'],
    ]);
    const record = recordOf({ topic, systemProperties, userProperties, body: Buffer.from('b') }, 7);
    expect(String(record.key)).toBe('customer-7');
    expect(record.timestampMs).toBe(1_700_000_000_123);
    expect(record.headers!.map(({ key, value }) => `${key}=${value}`)).toEqual([
      'message-id=ABC',
      'tag=paid',
      'rocketmq-key=k1',
      'rocketmq-key=k2',
      'colour=red',
      'rocketmq-property-tag=mine',
    ]);
  });
});

describe('a record of another protocol as a message', () => {
  const read = (fields: Partial<RecordInput>): Message =>
    reread({ key: null, value: null, timestampMs: 5000, ...fields });

  it('has an id and a type, and its headers as properties', () => {
    const { systemProperties, userProperties, body } = read({
      key: Buffer.from('k'),
      headers: [
        { key: 'a', value: Buffer.from('1') },
        { key: 'a', value: Buffer.from('2') },
        { key: 'none', value: null },
        { key: 'bytes', value: Buffer.from([0xff, 0x41]) },
      ],
    });
    expect(systemProperties).toMatchObject({
      messageId: 'orders-3-42',
      messageGroup: 'k',
      messageType: MESSAGE_TYPE.FIFO,
      bodyEncoding: ENCODING.IDENTITY,
      bornTimestamp: { seconds: 5, nanos: 0 },
    });
    expect([...userProperties]).toEqual([
      ['a', '2'],
      ['none', ''],
      ['bytes', '\ufffdA'],
    ]);
    expect(body).toHaveLength(0);
  });

  it('keeps as properties what are no values of RocketMQ', () => {
    const { systemProperties, userProperties } = read({
      headers: [
        { key: 'priority', value: Buffer.from('high') },
        { key: 'deliver-at-ms', value: Buffer.from('-1') },
        { key: 'content-encoding', value: Buffer.from('br') },
      ],
    });
    expect(systemProperties).toMatchObject({
      priority: null,
      deliveryTimestamp: null,
      messageType: MESSAGE_TYPE.NORMAL,
    });
    expect([...userProperties.keys()]).toEqual(['priority', 'deliver-at-ms', 'content-encoding']);
  });
});
