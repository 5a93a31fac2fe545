/** Frames of RocketMQ's older protocol, as its clients write them. */
import type { RemotingRequest } from '../../src/protocol/rocketmq/remoting.ts';

function frame(form: number, header: Buffer, body: Buffer): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32BE(4 + header.length + body.length, 0);
  prefix.writeUInt32BE(header.length, 4);
  prefix[4] = form;
  return Buffer.concat([prefix, header, body]);
}

export function jsonRequest({ code, opaque, flag }: RemotingRequest, body = Buffer.alloc(0)): Buffer {
  const fields = { code, extFields: { topic: 'orders' }, flag, language: 'JAVA', opaque, version: 433 };
  return frame(0, Buffer.from(JSON.stringify(fields)), body);
}

export function binaryRequest({ code, opaque, flag }: RemotingRequest, body = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(21);
  header.writeInt16BE(code, 0);
  header.writeInt16BE(433, 3);
  header.writeInt32BE(opaque, 5);
  header.writeInt32BE(flag, 9);
  return frame(1, header, body);
}

/** Throws where it isn't one whole frame with a header in JSON. */
export function readAnswer(bytes: Buffer): { header: Record<string, unknown>; body: string } {
  const headerBytes = bytes.readUInt32BE(4);
  if (bytes.readUInt32BE(0) !== bytes.length - 4) throw new Error('this is not one frame');
  const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString());
  return { header, body: bytes.subarray(8 + headerBytes).toString() };
}
