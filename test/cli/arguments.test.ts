import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatHostPort } from '../../src/base/host-port.ts';
import {
  collect,
  parseAddress,
  parseAddresses,
  parseBytes,
  parseDuration,
  parseInteger,
  parsePair,
  parseTime,
  parseTopicPartitions,
  unescapeText,
} from '../../src/cli/arguments.ts';
import { CliError, EXIT } from '../../src/cli/errors.ts';

/** The exit code of a usage error; anything else fails the test. */
function usageCode(act: () => unknown): number {
  try {
    act();
  } catch (error) {
    if (error instanceof CliError) return error.exitCode;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('addresses', () => {
  test.each([
    ['127.0.0.1:9092', { host: '127.0.0.1', port: 9092 }],
    ['broker', { host: 'broker', port: 9092 }],
    ['kafka://broker:1234', { host: 'broker', port: 1234 }],
    ['[::1]:9093', { host: '::1', port: 9093 }],
    ['kafka://[::1]', { host: '::1', port: 9092 }],
  ])('%s', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  test.each(['', 'a:b', 'a:0', 'a:65536', '::1:9092', 'a b:1', 'http://a:1'])('refuses "%s"', (text) => {
    expect(usageCode(() => parseAddress(text))).toBe(EXIT.usage);
  });

  test('several, with commas', () => {
    expect(parseAddresses('a:1,b:2')).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ]);
  });

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a', '10.0.0.1', '::1', 'fe80::1'),
        fc.integer({ min: 1, max: 65_535 }),
        (host, port) => {
          expect(parseAddress(formatHostPort({ host, port }))).toEqual({ host, port });
        },
      ),
    );
  });
});

describe('numbers', () => {
  test('integers within their range', () => {
    expect(parseInteger('7', { name: 'n' })).toBe(7);
    expect(parseInteger('-5', { name: 'n', min: -10 })).toBe(-5);
    expect(parseInteger('9007199254740991', { name: 'n' })).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each(['', 'x', '1.5', '1e3', '-1', '9007199254740992', ' 1'])('refuses "%s"', (text) => {
    expect(usageCode(() => parseInteger(text, { name: 'n' }))).toBe(EXIT.usage);
  });

  test('the sentence names the option and the range', () => {
    expect(() => parseInteger('0', { name: '--partitions', min: 1, max: 5 })).toThrow(
      '--partitions "0" must be a whole number, between 1 and 5',
    );
  });

  test.each([
    ['100', 100],
    ['1k', 1024],
    ['16KiB', 16_384],
    ['2M', 2_097_152],
    ['1GB', 1_073_741_824],
  ])('bytes %s', (text, expected) => {
    expect(parseBytes(text, '--size')).toBe(expected);
  });

  test.each(['', 'k', '1.5k', '-1', '1T'])('refuses bytes "%s"', (text) => {
    expect(usageCode(() => parseBytes(text, '--size'))).toBe(EXIT.usage);
  });
});

describe('times', () => {
  const NOW = Date.UTC(2026, 0, 31, 12);

  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['10', 10_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('a length of %s', (text, expected) => {
    expect(parseDuration(text, '--timeout')).toBe(expected);
  });

  test.each(['', '-1s', '10x', 's'])('refuses a length of "%s"', (text) => {
    expect(usageCode(() => parseDuration(text, '--timeout'))).toBe(EXIT.usage);
  });

  test.each([
    ['2026-01-31T12:00:00Z', NOW],
    ['2026-01-31T13:00:00+01:00', NOW],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    [String(NOW), NOW],
    ['-1h', NOW - 3_600_000],
    ['-250ms', NOW - 250],
    ['-2d', NOW - 172_800_000],
  ])('the point %s', (text, expected) => {
    expect(parseTime(text, NOW)).toBe(expected);
  });

  test('a date with a space is read like one with T', () => {
    expect(parseTime('2026-01-31 12:00:00', NOW)).toBe(parseTime('2026-01-31T12:00:00', NOW));
  });

  test.each(['', 'yesterday', '1h', '-1x', '123', '2026-13-01', '99999999999999999999'])(
    'refuses "%s"',
    (text) => {
      expect(usageCode(() => parseTime(text, NOW))).toBe(EXIT.usage);
    },
  );
});

describe('pairs and lists', () => {
  test('only the first = divides', () => {
    expect(parsePair('a=b=c', '--config')).toEqual(['a', 'b=c']);
    expect(parsePair('a=', '--config')).toEqual(['a', '']);
  });

  test.each(['', 'a', '=b'])('refuses the pair "%s"', (text) => {
    expect(usageCode(() => parsePair(text, '--config'))).toBe(EXIT.usage);
  });

  test('a topic with its partitions', () => {
    expect(parseTopicPartitions('orders')).toEqual({ topic: 'orders', partitions: undefined });
    expect(parseTopicPartitions('orders:2,0,2')).toEqual({ topic: 'orders', partitions: [0, 2] });
  });

  test.each(['orders:', 'orders:a', ':1', 'orders:1,'])('refuses "%s"', (text) => {
    expect(usageCode(() => parseTopicPartitions(text))).toBe(EXIT.usage);
  });

  test('a repeated option', () => {
    expect(collect('b', collect('a', undefined))).toEqual(['a', 'b']);
  });
});

describe('escapes', () => {
  test.each([
    ['\\t', '\t'],
    ['\\\\t', '\\t'],
    ['a\\nb\\x7c', 'a\nb|'],
    ['plain', 'plain'],
    ['\\q', '\\q'],
  ])('%j', (text, expected) => {
    expect(unescapeText(text)).toBe(expected);
  });
});
