/** The generated codec beside protobufjs, which reads the same schema and shares no code with it. */
import { join } from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../../src/base/byte-reader.ts';
import * as messages from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { WireReader, WireWriter } from '../../../src/protocol/rocketmq/codec/wire.ts';

const root = new protobuf.Root().loadSync(
  join(import.meta.dirname, '../../../src/protocol/rocketmq/schema/messaging.proto'),
);

type Codec = readonly [
  write: (writer: WireWriter, value: never) => void,
  read: (reader: WireReader) => unknown,
];
const codecs: Readonly<Record<string, Codec>> = {
  SendMessageRequest: [messages.writeSendMessageRequest, messages.readSendMessageRequest],
  ReceiveMessageResponse: [messages.writeReceiveMessageResponse, messages.readReceiveMessageResponse],
  TelemetryCommand: [messages.writeTelemetryCommand, messages.readTelemetryCommand],
  QueryRouteResponse: [messages.writeQueryRouteResponse, messages.readQueryRouteResponse],
  SyncLiteSubscriptionRequest: [
    messages.writeSyncLiteSubscriptionRequest,
    messages.readSyncLiteSubscriptionRequest,
  ],
};

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const int64 = fc.oneof(int32, fc.maxSafeInteger());
const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  int32,
  int64,
  bool: fc.boolean(),
  float: fc.float({ noNaN: true }),
  string: fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({ minLength: 120, maxLength: 300 }),
  ),
  bytes: fc.uint8Array({ maxLength: 300 }),
};

/** A value of a message, in protobufjs' form: fields that aren't there are left out. */
function anyOf(type: protobuf.Type): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of type.fieldsArray) {
    const { resolvedType } = field;
    const one =
      resolvedType instanceof protobuf.Enum
        ? fc.constantFrom(...Object.values(resolvedType.values))
        : resolvedType instanceof protobuf.Type
          ? anyOf(resolvedType)
          : SCALARS[field.type]!;
    if (field.map)
      fields[field.name] = fc.dictionary(fc.string({ maxLength: 10 }), one, { noNullPrototype: true });
    else fields[field.name] = field.repeated ? fc.array(one, { maxLength: 5 }) : one;
  }
  return fc.record(fields, { requiredKeys: [] }).map((value) => {
    // Of a oneof one field at most.
    for (const { oneof } of type.oneofsArray) {
      for (const name of oneof.filter((name) => value[name] !== undefined).slice(1)) delete value[name];
    }
    return value;
  });
}

function encode([write]: Codec, value: unknown): Buffer {
  const writer = new WireWriter();
  write(writer, value as never);
  return writer.finish();
}

const plain = (type: protobuf.Type, bytes: Uint8Array): unknown =>
  type.toObject(type.decode(bytes), { longs: Number, defaults: false });

describe.each(Object.entries(codecs))('%s', (name, codec) => {
  const type = root.lookupType(`apache.rocketmq.v2.${name}`);

  it('reads what protobufjs writes, and writes what it reads', () => {
    fc.assert(
      fc.property(anyOf(type), (value) => {
        const foreign = type.encode(type.fromObject(value)).finish();
        const read = codec[1](new WireReader(Buffer.from(foreign)));
        const own = encode(codec, read);
        expect(plain(type, own)).toEqual(plain(type, foreign));
        expect(codec[1](new WireReader(own))).toEqual(read);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses bytes that are none, and nothing else is thrown', () => {
    fc.assert(
      fc.property(anyOf(type), fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = Buffer.from(type.encode(type.fromObject(value)).finish());
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        try {
          codec[1](new WireReader(bytes.subarray(0, at % (bytes.length + 1))));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('passes over fields that it does not know', () => {
  const unknown = Buffer.from(
    'a20603616263 a806ff01 b506 01020304 b906 0102030405060708'.replaceAll(' ', ''),
    'hex',
  );
  const writer = new WireWriter();
  messages.writeStatus(writer, { code: 20000, message: 'OK' });
  const read = messages.readStatus(new WireReader(Buffer.concat([unknown, writer.finish(), unknown])));
  expect(read).toEqual({ code: 20000, message: 'OK' });
});

it('bounds the elements of a message', () => {
  // A million empty resources are two million bytes.
  const bytes = Buffer.alloc(2_000_000);
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = 10;
  expect(() => messages.readSendMessageRequest(new WireReader(bytes))).toThrow('more than 100000 elements');
});
