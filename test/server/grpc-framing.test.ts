import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesOf, MessageReader, percentEncoded, timeoutMs } from '../../src/server/grpc-framing.ts';

function readerInto(messages: Buffer[], bytesMax = 1000): MessageReader {
  return new MessageReader(bytesMax, (message) => messages.push(Buffer.from(message)));
}

describe('messages', () => {
  it('come out whole, however they are cut', () => {
    const someMessages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(someMessages, cuts, (messages, sizes) => {
        const sent = messages.map((message) => Buffer.from(message));
        const bytes = framesOf(sent);
        const got: Buffer[] = [];
        const reader = readerInto(got);
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + sizes[i % sizes.length]!;
          expect(reader.push(bytes.subarray(at, end))).toBeNull();
          at = end;
        }
        expect(got).toEqual(sent);
        expect(reader.isCut).toBe(false);
      }),
    );
  });

  it('that are cut off are known', () => {
    const reader = readerInto([]);
    reader.push(framesOf([Buffer.from('four')]).subarray(0, 7));
    expect(reader.isCut).toBe(true);
  });

  it('are refused by their length before they have arrived', () => {
    const reader = readerInto([], 3);
    expect(reader.push(Buffer.from([0, 0, 0, 0, 4]))).toMatchObject({ status: 8 });
  });

  it('are refused where they are compressed', () => {
    expect(readerInto([]).push(Buffer.from([1, 0, 0, 0, 0]))).toMatchObject({ status: 12 });
  });
});

describe('grpc-timeout', () => {
  it('is read in every unit', () => {
    const read = ['2H', '2M', '2S', '2m', '2000u', '2000000n'].map((text) => timeoutMs(text));
    expect(read).toEqual([7_200_000, 120_000, 2000, 2, 2, 2]);
    expect(timeoutMs(undefined)).toBe(Number.POSITIVE_INFINITY);
  });

  it('may be longer than any timer', () => {
    expect(timeoutMs('31536000M')).toBe(60 * 365 * 24 * 3_600_000);
  });

  it.each(['', '1', 'S', '123456789S', '-1S', '1.5S'])('is refused as %j', (text) => {
    expect(timeoutMs(text)).toBeNull();
  });
});

it('statuses are told in what a header may have', () => {
  expect(percentEncoded('plain ~ text')).toBe('plain ~ text');
  expect(percentEncoded('100 % é\n')).toBe('100 %25 %C3%A9%0A');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeURIComponent(percentEncoded(text))).toBe(Buffer.from(text).toString());
    }),
  );
});
