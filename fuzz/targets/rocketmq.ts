/** What RocketMQ's clients send: whatever bytes come, a message is read and says the same when it is written and read again, or is refused. */
import protobuf from 'protobufjs/minimal.js';
import type { Prng } from '../../sim/prng.ts';
import * as messages from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import { WireReader, WireWriter } from '../../src/protocol/rocketmq/codec/wire.ts';
import { recordOf } from '../../src/protocol/rocketmq/message-record.ts';
import { parseRecallHandle } from '../../src/protocol/rocketmq/recall-handle.ts';
import { ReceiptHandles } from '../../src/protocol/rocketmq/receipt-handle.ts';
import { RemotingReader, remotingAnswer } from '../../src/protocol/rocketmq/remoting.ts';
import { buildBatch } from '../../src/record/build.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget, tolerate } from '../target.ts';

type Codec = readonly [
  read: (reader: WireReader) => unknown,
  write: (writer: WireWriter, value: never) => void,
];

/** By the first byte of the input. */
const CODECS: readonly Codec[] = [
  [messages.readSendMessageRequest, messages.writeSendMessageRequest],
  [messages.readTelemetryCommand, messages.writeTelemetryCommand],
  [messages.readReceiveMessageRequest, messages.writeReceiveMessageRequest],
  [messages.readAckMessageRequest, messages.writeAckMessageRequest],
  [messages.readPullMessageRequest, messages.writePullMessageRequest],
  [messages.readSyncLiteSubscriptionRequest, messages.writeSyncLiteSubscriptionRequest],
];

/** A frame of the older protocol, from which clients are told where to go. */
const REMOTING = Buffer.from('\0\0\0\x2d\0\0\0\x24{"code":105,"flag":0,"opaque":12345} body', 'latin1');

const handles = new ReceiptHandles(Buffer.alloc(16, 7));

/** Fields of small numbers: some of them mean something at any depth. */
function fields(prng: Prng, depth: number): protobuf.Writer {
  const writer = protobuf.Writer.create();
  for (let count = prng.between(0, 5); count > 0; count--) {
    const field = prng.between(1, 22);
    const kind = prng.int(5);
    if (kind === 0) writer.uint32((field << 3) | 0).int64(prng.int(5) - 2);
    else if (kind === 1) writer.uint32((field << 3) | 5).float(prng.int(9) / 4);
    else if (kind === 2)
      writer.uint32((field << 3) | 2).string(prng.pick(['', 'orders', '%DLQ%g', 'ü', 'a|b']));
    else if (depth > 0) writer.uint32((prng.between(1, 4) << 3) | 2).bytes(fields(prng, depth - 1).finish());
    else writer.uint32((field << 3) | 2).bytes(prng.bytes(prng.int(6)));
  }
  return writer;
}

function written([, write]: Codec, value: unknown): Buffer {
  const writer = new WireWriter();
  write(writer, value as never);
  return writer.finish();
}

export const rocketmqTarget: FuzzTarget = {
  name: 'rocketmq',
  generate(prng) {
    if (prng.chance(0.1)) return mutate(REMOTING, prng, 4);
    const bytes = Buffer.concat([Buffer.of(prng.int(CODECS.length)), fields(prng, 4).finish()]);
    return prng.chance(0.5) ? bytes : mutate(bytes, prng, 4);
  },
  execute(input) {
    const codec = CODECS[(input[0] ?? 0) % CODECS.length]!;
    const value = tolerate(() => codec[0](new WireReader(input.subarray(1))));
    const text = input.toString('latin1');
    expect(handles.parse(text) === null, 'a handle that nobody was given is none');
    parseRecallHandle(text);
    new RemotingReader((request) => remotingAnswer(request, { remark: 'Go.', address: 'mq:1' })).push(input);
    if (value === null) return;
    const once = written(codec, value);
    const twice = written(codec, codec[0](new WireReader(once)));
    expect(once.equals(twice), 'a message says the same when it is written and read again');
    if (codec !== CODECS[0]) return;
    for (const message of (value as messages.SendMessageRequest).messages) {
      buildBatch([recordOf(message, 1)], { timestampMs: 1 });
    }
  },
};
