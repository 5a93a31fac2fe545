/** What isn't a message is refused with MalformedError, and takes memory in proportion to its bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, MalformedError } from '../../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { readFetchRequest, writeFetchRequest } from '../../../../src/protocol/kafka/codec/generated/fetch.ts';
import { readHeartbeatResponse } from '../../../../src/protocol/kafka/codec/generated/heartbeat.ts';
import { readMetadataRequest } from '../../../../src/protocol/kafka/codec/generated/metadata.ts';
import { type Codec, loadCodecs, randomMessage, randomOf, type Struct, versionsOf } from './schema.ts';

const codecs = await loadCodecs();

/** Elements of all arrays in a decoded message. */
function elements(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + elements(item), value.length);
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return 0;
  return Object.values(value as Struct).reduce((sum: number, item) => sum + elements(item), 0);
}

/** Reads bytes that may be anything; whether they were taken. */
function survives(codec: Codec, bytes: Buffer, version: number): boolean {
  try {
    const message = codec.read(new ByteReader(bytes), version);
    expect(elements(message)).toBeLessThanOrEqual(bytes.length);
    return true;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return false;
  }
}

describe.each(codecs.map((codec) => [codec.message.name, codec] as const))('%s', (_, codec) => {
  test.each(versionsOf(codec.message))('version %i stands hostile bytes', (version) => {
    const w = new ByteWriter();
    const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(seeds, fc.uint8Array({ maxLength: 64 }), (seed, noise) => {
        const next = randomOf(seed);
        codec.write(w, randomMessage(codec.message, version, next), version);
        const whole = w.finishContiguous();
        const cut = next(whole.length + 1);
        if (cut < whole.length) expect(survives(codec, whole.subarray(0, cut), version)).toBe(false);
        // Counts and lengths grow, signs flip, varints run on.
        const bent = Buffer.from(whole);
        for (let i = next(4); i >= 0 && bent.length > 0; i--)
          bent[next(bent.length)] = [0, 0x7f, 0x80, 0xff, next(256)][next(5)]!;
        survives(codec, bent, version);
        survives(codec, Buffer.concat([whole.subarray(0, cut), noise]), version);
        survives(codec, Buffer.from(noise), version);
      }),
      { numRuns: 40 },
    );
    for (const byte of [0, 1, 0x7f, 0x80, 0xff]) survives(codec, Buffer.alloc(2000, byte), version);
  });
});

describe('limits', () => {
  const bytesOf = (fill: (w: ByteWriter) => void): ByteReader => {
    const w = new ByteWriter();
    fill(w);
    return new ByteReader(w.finishContiguous());
  };

  test('an array may not have more elements than bytes for them remain', () => {
    expect(() =>
      readMetadataRequest(
        bytesOf((w) => w.int32(0x7fffffff)),
        1,
      ),
    ).toThrow(MalformedError);
    expect(() =>
      readMetadataRequest(
        bytesOf((w) => w.int32(999_999)),
        1,
      ),
    ).toThrow(MalformedError);
    expect(() =>
      readMetadataRequest(
        bytesOf((w) => w.unsignedVarint(0xffffffff)),
        9,
      ),
    ).toThrow(MalformedError);
    expect(() =>
      readMetadataRequest(
        bytesOf((w) => w.int32(-2)),
        1,
      ),
    ).toThrow(MalformedError);
  });

  test('an array may not have more than a million elements, even where the bytes are there', () => {
    const r = bytesOf((w) => {
      w.int32(1_000_001);
      w.raw(Buffer.alloc(2_000_002));
    });
    expect(() => readMetadataRequest(r, 1)).toThrow(MalformedError);
  });

  test('a null array is refused where it must be there', () => {
    expect(() =>
      readMetadataRequest(
        bytesOf((w) => w.int32(-1)),
        0,
      ),
    ).toThrow(MalformedError);
    expect(
      readMetadataRequest(
        bytesOf((w) => w.int32(-1)),
        1,
      ).topics,
    ).toBeNull();
  });

  test('a structure may not have more than 10,000 tagged fields', () => {
    const heartbeat = (tags: number) =>
      bytesOf((w) => {
        w.int32(0);
        w.int16(0);
        w.unsignedVarint(tags);
        w.raw(Buffer.alloc(2 * tags));
      });
    expect(readHeartbeatResponse(heartbeat(10_000), 4).errorCode).toBe(0);
    expect(() => readHeartbeatResponse(heartbeat(10_001), 4)).toThrow(MalformedError);
  });
});

describe('tagged fields', () => {
  const fetch = (tags: (w: ByteWriter) => void): ByteReader => {
    const w = new ByteWriter();
    const plain = { ...readFetchRequest(new ByteReader(Buffer.alloc(64)), 4), rackId: 'rack' };
    writeFetchRequest(w, plain, 12);
    const bytes = w.finishContiguous();
    w.raw(bytes.subarray(0, -1));
    tags(w);
    return new ByteReader(w.finishContiguous());
  };

  test('unknown ones are skipped, known ones read', () => {
    const r = fetch((w) => {
      w.unsignedVarint(3);
      w.unsignedVarint(0);
      w.unsignedVarint(5);
      w.compactString('abcd');
      w.unsignedVarint(9);
      w.unsignedVarint(3);
      w.raw(Buffer.from('xyz'));
      w.unsignedVarint(4_000_000_000);
      w.unsignedVarint(0);
    });
    const request = readFetchRequest(r, 12);
    r.expectEnd();
    expect(request.clusterId).toBe('abcd');
    expect(request.rackId).toBe('rack');
  });

  test('a known one that its version lacks is skipped', () => {
    const replicaState = (w: ByteWriter) => {
      w.unsignedVarint(1);
      w.unsignedVarint(1);
      w.unsignedVarint(13);
      w.int32(7);
      w.int64(8);
      w.int8(0);
    };
    const r = fetch(replicaState);
    expect(readFetchRequest(r, 12).replicaState).toBeNull();
    r.expectEnd();
  });

  test.each([
    ['longer', 6],
    ['shorter', 4],
  ])('one whose size is %s than its content is refused', (_, size) => {
    const r = fetch((w) => {
      w.unsignedVarint(1);
      w.unsignedVarint(0);
      w.unsignedVarint(size);
      w.compactString('abcd');
      w.raw(Buffer.alloc(8));
    });
    expect(() => readFetchRequest(r, 12)).toThrow(MalformedError);
  });
});
