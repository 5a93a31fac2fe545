import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockPool } from '../../../src/base/block-pool.ts';
import { RequestAssembler } from '../../../src/protocol/kafka/framing.ts';

const framed = (body: Buffer): Buffer => {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeInt32BE(body.length, 0);
  body.copy(bytes, 4);
  return bytes;
};

function drain(assembler: RequestAssembler): Buffer[] {
  const requests: Buffer[] = [];
  for (let next = assembler.next(); next !== null; next = assembler.next()) {
    if (typeof next === 'string') throw new Error(next);
    requests.push(next);
  }
  return requests;
}

describe('RequestAssembler', () => {
  it('gives the same requests however the bytes are split', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 0, max: 40_000 }).map((length) => new Uint8Array(length).fill(length & 0xff)),
    );
    fc.assert(
      fc.property(
        fc.array(body, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (bodies, steps, eager) => {
          const requests = bodies.map((one) => Buffer.from(one));
          const bytes = Buffer.concat(requests.map(framed));
          const assembler = new RequestAssembler(1 << 20, new BlockPool({ freeBytesMax: 0 }));
          const found: Buffer[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const step = steps[i % steps.length]!;
            // A chunk is borrowed: what comes next is in the same memory.
            const chunk = Buffer.from(bytes.subarray(at, at + step));
            assembler.push(chunk);
            chunk.fill(0xee);
            if (eager) found.push(...drain(assembler));
            at += step;
          }
          found.push(...drain(assembler));
          expect(found.length).toBe(requests.length);
          for (let i = 0; i < found.length; i++) expect(found[i]!.equals(requests[i]!)).toBe(true);
          expect(assembler.bufferedBytes).toBe(0);
          expect(assembler.refusedByte).toBe(-1);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does not disturb a request that was handed out when more bytes come', () => {
    const assembler = new RequestAssembler(1 << 20, new BlockPool({ freeBytesMax: 0 }));
    const first = framed(Buffer.alloc(15_000, 1));
    for (let at = 0; at < first.length; at += 1000) assembler.push(first.subarray(at, at + 1000));
    assembler.push(framed(Buffer.alloc(8, 2)));
    const request = assembler.next() as Buffer;
    assembler.push(framed(Buffer.alloc(8, 3)));
    expect(request.every((byte) => byte === 1)).toBe(true);
    expect(drain(assembler).map((one) => one[0])).toEqual([2, 3]);
  });

  it.each([
    ['negative', -1],
    ['the smallest', -(2 ** 31)],
    ['2 GiB', 2 ** 31 - 1],
    ['one byte too much', 1025],
  ])('refuses a size that is %s before anything of it has come', (_, size) => {
    const assembler = new RequestAssembler(1024, new BlockPool({ freeBytesMax: 0 }));
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(size, 0);
    assembler.push(bytes.subarray(0, 3));
    expect(assembler.next()).toBeNull();
    assembler.push(bytes.subarray(3));
    expect(assembler.next()).toContain(`request size ${size} is not between 0 and 1024`);
  });

  it('takes the largest request that is allowed, and an empty one', () => {
    const assembler = new RequestAssembler(1024, new BlockPool({ freeBytesMax: 0 }));
    assembler.push(framed(Buffer.alloc(1024)));
    assembler.push(framed(Buffer.alloc(0)));
    expect(drain(assembler).map((one) => one.length)).toEqual([1024, 0]);
  });

  it('holds about what has arrived, also of a request that comes byte by byte', () => {
    const assembler = new RequestAssembler(1 << 20, new BlockPool({ freeBytesMax: 0 }));
    const bytes = framed(Buffer.alloc(200_000, 7));
    const before = process.memoryUsage();
    for (let at = 0; at < bytes.length - 1; at++) assembler.push(bytes.subarray(at, at + 1));
    const after = process.memoryUsage();
    // As Buffers of their own, these would hold 20 MB.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4 << 20);
    expect(assembler.next()).toBeNull();
    assembler.push(bytes.subarray(bytes.length - 1));
    expect((assembler.next() as Buffer).equals(bytes.subarray(4))).toBe(true);
  });
});
