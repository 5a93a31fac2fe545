/** A broker with a planted mistake, to prove that the checkers of RocketMQ's clients can fail: it says that it has acknowledged, and hasn't. */
import type { Connection } from '../src/platform/ports.ts';
import {
  CODE,
  readAckMessageRequest,
  readAckMessageResponse,
  writeAckMessageRequest,
  writeAckMessageResponse,
} from '../src/protocol/rocketmq/codec/generated/messages.ts';
import { WireReader, WireWriter } from '../src/protocol/rocketmq/codec/wire.ts';
import type { StartBroker } from './broker-host.ts';
import { type CarrierFrame, encodeFrame, FRAME, FrameReader } from './rocketmq-carrier.ts';

export function forgetfulOfAcks(start: StartBroker): StartBroker {
  return (platform, options) => {
    const { net } = platform;
    const listen: typeof net.listen = (at, accept) =>
      net.listen(at, (inner) => accept(at.port === options.port ? inner : forgetful(inner)));
    return start({ ...platform, net: { ...net, listen } }, options);
  };
}

function forgetful(inner: Connection): Connection {
  const acks = new Set<number>();
  const [requests, replies] = [new FrameReader(), new FrameReader()];
  const request = (frame: CarrierFrame): Buffer => {
    if (frame.what === FRAME.open && frame.body.toString().startsWith('AckMessage\0')) acks.add(frame.call);
    if (frame.what !== FRAME.message || !acks.has(frame.call)) return encodeFrame(frame);
    const ack = readAckMessageRequest(new WireReader(frame.body));
    const writer = new WireWriter();
    writeAckMessageRequest(writer, {
      ...ack,
      entries: ack.entries.map((entry) => ({ ...entry, receiptHandle: 'forgotten' })),
    });
    return encodeFrame({ ...frame, body: writer.finish() });
  };
  const reply = (frame: CarrierFrame): Buffer => {
    if (frame.what !== FRAME.message || !acks.has(frame.call)) return encodeFrame(frame);
    const { entries } = readAckMessageResponse(new WireReader(frame.body));
    const status = { code: CODE.OK, message: '' };
    const writer = new WireWriter();
    writeAckMessageResponse(writer, { status, entries: entries.map((entry) => ({ ...entry, status })) });
    return encodeFrame({ ...frame, body: writer.finish() });
  };
  return {
    remote: inner.remote,
    remoteHost: inner.remoteHost,
    peerName: inner.peerName,
    get unsentBytes() {
      return inner.unsentBytes;
    },
    onData: (handler) =>
      inner.onData((chunk) => {
        for (const frame of requests.push(chunk)) handler(request(frame));
      }),
    onClose: (handler) => inner.onClose(handler),
    onDrain: (handler) => inner.onDrain(handler),
    write(buffers) {
      for (const buffer of buffers) for (const frame of replies.push(buffer)) inner.write([reply(frame)]);
    },
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    end: () => inner.end(),
    destroy: () => inner.destroy(),
  };
}
