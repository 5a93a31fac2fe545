/** What clients of RocketMQ's older protocol are told. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RemotingReader,
  type RemotingRequest,
  remotingAnswer,
} from '../../../src/protocol/rocketmq/remoting.ts';
import { binaryRequest, jsonRequest, readAnswer } from '../../support/remoting.ts';

const HINT = { remark: 'Go to mq:8081.', address: 'mq:8081' };

function readerInto(requests: RemotingRequest[]): RemotingReader {
  return new RemotingReader((request) => requests.push(request));
}

const someInt = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const someFrame = fc
  .record({
    code: fc.integer({ min: 0, max: 2 ** 15 - 1 }),
    opaque: someInt,
    flag: someInt,
    body: fc.uint8Array({ maxLength: 50 }),
    isBinary: fc.boolean(),
  })
  .map(({ body, isBinary, ...request }) => ({
    request,
    bytes: (isBinary ? binaryRequest : jsonRequest)(request, Buffer.from(body)),
  }));

describe('requests', () => {
  it('come out, however they are cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(someFrame, { maxLength: 5 }), cuts, (frames, sizes) => {
        const bytes = Buffer.concat(frames.map((frame) => frame.bytes));
        const got: RemotingRequest[] = [];
        const reader = readerInto(got);
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + sizes[i % sizes.length]!;
          expect(reader.push(bytes.subarray(at, end))).toBe(true);
          at = end;
        }
        expect(got).toEqual(frames.map(({ request }) => request));
      }),
    );
  });

  it('are read whatever their body, which is not kept', () => {
    const got: RemotingRequest[] = [];
    const reader = readerInto(got);
    const request = { code: 310, opaque: 7, flag: 0 };
    const frame = jsonRequest(request, Buffer.alloc(0));
    const bodyBytes = 0xff_0000;
    frame.writeUInt32BE(frame.readUInt32BE(0) + bodyBytes, 0);
    reader.push(frame);
    expect(got).toEqual([request]);
    const piece = Buffer.alloc(0xff00);
    for (let sent = 0; sent < bodyBytes; sent += piece.length) expect(reader.push(piece)).toBe(true);
    expect(reader.push(jsonRequest({ ...request, opaque: 8 }, Buffer.alloc(0)))).toBe(true);
    expect(got.map(({ opaque }) => opaque)).toEqual([7, 8]);
  });

  it('of one byte a piece are read too', () => {
    const got: RemotingRequest[] = [];
    const reader = readerInto(got);
    const frame = jsonRequest({ code: 105, opaque: 1, flag: 0 }, Buffer.alloc(300));
    for (const byte of frame) expect(reader.push(Buffer.of(byte))).toBe(true);
    expect(got).toHaveLength(1);
  });

  it.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a header that is longer than its frame', Buffer.of(0, 0, 0, 8, 0, 0, 0, 5, 1, 2, 3, 4, 5)],
    ['a header that is too long', Buffer.of(0, 0x7f, 0xff, 0xff, 0, 0x01, 0x00, 0x01)],
    ['an unknown form', Buffer.of(0, 0, 0, 5, 2, 0, 0, 1, 1)],
    ['JSON that is none', Buffer.of(0, 0, 0, 5, 0, 0, 0, 1, 0x7b)],
    ['JSON of no object', Buffer.of(0, 0, 0, 5, 0, 0, 0, 1, 0x37)],
    ['a header without a code', Buffer.of(0, 0, 0, 6, 0, 0, 0, 2, 0x7b, 0x7d)],
    ['a binary header that is too short', Buffer.of(0, 0, 0, 5, 1, 0, 0, 1, 1)],
  ])('%s is refused', (_what, bytes) => {
    const got: RemotingRequest[] = [];
    expect(readerInto(got).push(bytes)).toBe(false);
    expect(got).toEqual([]);
  });
});

describe('answers', () => {
  it('name the request and say where to go', () => {
    const answer = readAnswer(remotingAnswer({ code: 310, opaque: 42, flag: 0 }, HINT)!);
    expect(answer.header).toMatchObject({ code: 3, opaque: 42, flag: 1, remark: HINT.remark });
    expect(answer.body).toBe('');
  });

  it('to who asks for a route lead there', () => {
    const answer = readAnswer(remotingAnswer({ code: 105, opaque: 1, flag: 0 }, HINT)!);
    expect(answer.header).toMatchObject({ code: 0, opaque: 1, flag: 1 });
    expect(JSON.parse(answer.body)).toMatchObject({
      brokerDatas: [{ brokerAddrs: { 0: 'mq:8081' }, brokerName: 'polylog' }],
      queueDatas: [{ brokerName: 'polylog', readQueueNums: 1, writeQueueNums: 1, perm: 6 }],
    });
  });

  it('are not given where none is waited for', () => {
    for (const flag of [1, 2, 3]) expect(remotingAnswer({ code: 34, opaque: 1, flag }, HINT)).toBeNull();
  });
});
