import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { BROKER_SETTINGS } from '../../src/metadata/broker-table.ts';
import { unimplementedKafkaSetting } from '../../src/metadata/kafka-names.ts';
import { checkValue, makeSetting, nearestName, toLimit, toNumber } from '../../src/metadata/setting.ts';
import { TOPIC_SETTINGS } from '../../src/metadata/topic-settings.ts';
import { told } from './helpers.ts';

const doc = 'It is for a test.';
const TABLES = [...TOPIC_SETTINGS.values(), ...BROKER_SETTINGS.values()];

describe('a value', () => {
  const int = makeSetting('n', 'int', '1', { doc, min: -1, unit: 'ms' });
  const long = makeSetting('l', 'long', '1', { doc });
  const double = makeSetting('d', 'double', '1', { doc, min: 0, max: 1 });
  const flag = makeSetting('b', 'boolean', 'true', { doc });
  const word = makeSetting('w', 'string', 'a', { doc, values: ['a', 'b'] });
  const list = makeSetting('v', 'list', 'a', { doc, values: ['a', 'b'] });

  it.each([
    [int, ' +07 ', '7'],
    [int, '-1', '-1'],
    [int, '2147483647', '2147483647'],
    [long, '9223372036854775807', '9223372036854775807'],
    [long, '-9223372036854775808', '-9223372036854775808'],
    [double, '0.50', '0.5'],
    [double, '1e-1', '0.1'],
    [flag, 'TRUE', 'true'],
    [word, ' b', 'b'],
    [list, 'a , b', 'a,b'],
    [list, '', ''],
  ])('%#: is kept in its canonical form', (setting, text, canonical) => {
    expect(checkValue(setting, text)).toBe(canonical);
  });

  it.each([
    [int, '', `n can't be "": it takes a whole number of milliseconds from -1 to 2147483647.`],
    [int, '-2', `n can't be "-2": it takes a whole number of milliseconds from -1 to 2147483647.`],
    [
      int,
      '2147483648',
      `n can't be "2147483648": it takes a whole number of milliseconds from -1 to 2147483647.`,
    ],
    [int, '1.5', `n can't be "1.5": it takes a whole number of milliseconds from -1 to 2147483647.`],
    [int, '0x10', `n can't be "0x10": it takes a whole number of milliseconds from -1 to 2147483647.`],
    [long, '9223372036854775808', `l can't be "9223372036854775808": it takes a whole number.`],
    [double, '1.1', `d can't be "1.1": it takes a number from 0 to 1.`],
    [double, 'NaN', `d can't be "NaN": it takes a number from 0 to 1.`],
    [flag, 'yes', `b can't be "yes": it takes true or false.`],
    [word, 'A', `w can't be "A": it takes one of "a", "b".`],
    [list, 'a,c', `v can't be "a,c": it takes a list of "a", "b", separated by commas.`],
  ])('%#: is refused with what it should be', (setting, text, sentence) => {
    expect(told(checkValue(setting, text))).toBe(`invalid-config: ${sentence}`);
  });

  it('is short', () => {
    expect(told(checkValue(list, 'a,'.repeat(5000)))).toMatch(
      /^invalid-config: v has a value of 10000 characters/,
    );
  });

  it('means no limit where Kafka says so', () => {
    expect(toNumber('9223372036854775807')).toBe(Number.POSITIVE_INFINITY);
    expect(toNumber('-1')).toBe(-1);
    expect(toLimit('-1')).toBe(Number.POSITIVE_INFINITY);
    expect(toLimit('5')).toBe(5);
  });

  it('whatever it is, is taken in a form that is taken again, or refused', () => {
    const setting = fc.constantFrom(...TABLES);
    const text = fc.oneof(
      fc.string(),
      fc.bigInt().map(String),
      fc.double().map(String),
      fc.constantFrom('true', '', 'delete', 'compact,delete', 'os', 'kafka://a:1,kafka://[::1]:0', ','),
    );
    fc.assert(
      fc.property(setting, text, (one, given) => {
        const value = checkValue(one, given);
        if (value instanceof BrokerError) {
          expect(value.code).toBe('invalid-config');
          expect(value.message).toContain(one.name);
        } else expect(checkValue(one, value)).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the tables', () => {
  it('have defaults that they take themselves', () => {
    for (const setting of TABLES) {
      if (setting.default !== null) expect(checkValue(setting, setting.default)).toBe(setting.default);
      expect(setting.doc).toMatch(/^[A-Z].*\.$/s);
      if (setting.status !== 'works') expect(setting.note).toMatch(/\.$/);
    }
  });

  it('name broker settings behind topic settings, and no setting of Kafka twice', () => {
    for (const topic of TOPIC_SETTINGS.values()) {
      for (const { name } of topic.inherits) expect(BROKER_SETTINGS.has(name)).toBe(true);
    }
    const refused = [
      'ssl.protocol',
      'add.partitions.to.txn.retry.backoff.ms',
      'process.roles',
      'queued.max.requests',
    ];
    for (const name of refused) {
      expect(BROKER_SETTINGS.has(name)).toBe(false);
      expect(told(unimplementedKafkaSetting(name))).toMatch(/^invalid-config: Kafka's setting/);
    }
    expect(unimplementedKafkaSetting('num.partitions')).toBeNull();
  });
});

describe('the nearest name', () => {
  it('is one with few wrong letters, or none', () => {
    const names = ['num.partitions', 'node.id'];
    expect(nearestName('num.partition', names)).toBe('num.partitions');
    expect(nearestName('NUM.PARTITIONS', names)).toBe('num.partitions');
    expect(nearestName('something.else', names)).toBeNull();
    expect(nearestName('x'.repeat(10_000), names)).toBeNull();
  });
});
