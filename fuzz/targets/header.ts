/** Request headers and the cutting of a byte stream into requests: what a client's first bytes meet. */
import { BlockPool } from '../../src/base/block-pool.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { APIS } from '../../src/protocol/kafka/codec/api-keys.ts';
import { readRequestHeader, writeRequestHeader } from '../../src/protocol/kafka/codec/header.ts';
import { RequestAssembler } from '../../src/protocol/kafka/framing.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget, tolerate } from '../target.ts';

const REQUEST_BYTES_MAX = 100_000;

export const headerTarget: FuzzTarget = {
  name: 'header',
  generate(prng) {
    const parts: Buffer[] = [];
    for (let count = prng.between(1, 4); count > 0; count--) {
      const writer = new ByteWriter();
      const mark = writer.reserveInt32();
      const { key, minVersion, maxVersion } = prng.pick(APIS);
      const apiVersion = prng.between(minVersion, maxVersion);
      const clientId = prng.chance(0.2) ? null : 'client';
      writeRequestHeader(writer, { apiKey: key, apiVersion, correlationId: count, clientId });
      writer.raw(prng.bytes(prng.int(30)));
      writer.lengthPatch(mark);
      parts.push(writer.finishContiguous());
    }
    const whole = Buffer.concat(parts);
    return prng.chance(0.3) ? whole : mutate(whole, prng, 4);
  },
  execute(input) {
    // However the stream is cut, the same requests come out.
    const whole = assemble(input, [input.length]);
    const bytewise = assemble(
      input,
      Array.from({ length: input.length }, () => 1),
    );
    const odd = assemble(input, [3, 1, 7, 2, input.length]);
    for (const other of [bytewise, odd]) {
      expect(
        other.length === whole.length,
        `${other.length} requests came from cut bytes, ${whole.length} from whole`,
      );
      other.forEach((one, i) => {
        expect(one.equals(whole[i]!), 'a request depends on how its bytes were cut');
      });
    }
    for (const request of whole) tolerate(() => readRequestHeader(new ByteReader(request)));
  },
};

function assemble(input: Buffer, sizes: readonly number[]): Buffer[] {
  const assembler = new RequestAssembler(REQUEST_BYTES_MAX, new BlockPool({ freeBytesMax: 0 }));
  const requests: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at >= input.length) break;
    assembler.push(Buffer.from(input.subarray(at, at + size)));
    at += size;
    for (;;) {
      const next = assembler.next();
      if (typeof next === 'string') return requests;
      if (next === null) break;
      requests.push(next);
    }
    expect(assembler.bufferedBytes <= 4 * input.length, 'more is held than four times what has arrived');
  }
  return requests;
}
