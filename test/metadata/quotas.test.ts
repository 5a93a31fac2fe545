// Client quotas in the metadata machine: what is taken and refused, what a filter finds, and what a restart leaves of it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { QUOTA_ENTITIES_MAX } from '../../src/metadata/decide-quotas.ts';
import { type QuotaEntityPart, quotaEntityParts } from '../../src/metadata/quotas.ts';
import { decodeRecord, encodeRecord, type MetadataRecord } from '../../src/metadata/records.ts';
import type { MetadataState } from '../../src/metadata/state.ts';
import { Bench, told } from './helpers.ts';

type Values = Readonly<Record<string, number | null>>;

function alter(
  bench: Bench,
  entries: readonly (readonly [readonly QuotaEntityPart[], Values])[],
  validateOnly = false,
) {
  const answers = bench.run({
    kind: 'alter-quotas',
    entries: entries.map(([entity, values]) => ({
      entity,
      changes: Object.entries(values).map(([key, value]) => ({ key, value })),
    })),
    validateOnly,
  });
  return answers.map(told);
}

/** Entities in Kafka's words, with their values. */
function contents(state: MetadataState): unknown[] {
  return [...state.quotas.values()]
    .map(({ entity, values }) => [quotaEntityParts(entity), Object.fromEntries([...values].sort())])
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const user = (name: string | null): QuotaEntityPart => ['user', name];
const clientId = (name: string | null): QuotaEntityPart => ['client-id', name];
const ip = (name: string | null): QuotaEntityPart => ['ip', name];

describe('quotas', () => {
  it('are set, changed one by one and removed', () => {
    const bench = new Bench();
    expect(alter(bench, [[[user('alice')], { producer_byte_rate: 1000, request_percentage: 12.5 }]])).toEqual(
      [null],
    );
    expect(alter(bench, [[[user('alice')], { producer_byte_rate: 2000 }]])).toEqual([null]);
    expect(contents(bench.state)).toEqual([
      [[['user', 'alice']], { producer_byte_rate: 2000, request_percentage: 12.5 }],
    ]);
    alter(bench, [
      [[user('alice')], { producer_byte_rate: null, request_percentage: null, consumer_byte_rate: null }],
    ]);
    expect(contents(bench.state)).toEqual([]);
    expect(contents(bench.replayed())).toEqual([]);
  });

  it('of the default, of a name that looks like it, and of pairs are different ones', () => {
    const bench = new Bench();
    const entities = [
      [user(null)],
      [user('*')],
      [user('a'), clientId(null)],
      [user(null), clientId('a')],
      [user('a/1:b')],
      [user('a'), clientId('b')],
      [clientId('a')],
      [ip(null)],
    ];
    alter(
      bench,
      entities.map((entity) => [
        entity,
        entity[0]![0] === 'ip' ? { connection_creation_rate: 3 } : { consumer_byte_rate: 1 },
      ]),
    );
    expect(bench.state.quotas.size).toBe(entities.length);
    expect(contents(bench.restoredFromSnapshot())).toEqual(contents(bench.state));
  });

  it('are not logged when nothing changes or only asked about', () => {
    const bench = new Bench();
    const entry = [[user('a')], { producer_byte_rate: 5 }] as const;
    expect(alter(bench, [entry], true)).toEqual([null]);
    expect(bench.log).toEqual([]);
    alter(bench, [entry]);
    alter(bench, [entry]);
    expect(bench.log.length).toBe(1);
  });

  it('of an entity that stands twice are those of its first entry', () => {
    const bench = new Bench();
    const refused = expect.stringMatching(/^invalid-request: .* more than once/);
    const answers = alter(bench, [
      [[user('a')], { producer_byte_rate: 5, consumer_byte_rate: 6 }],
      [[user('a')], { producer_byte_rate: null }],
      // Not even then is the second looked at.
      [[user('b'), clientId('c')], { producer_byte_rate: 0 }],
      [[clientId('c'), user('b')], { producer_byte_rate: 1 }],
    ]);
    expect(answers).toEqual([null, refused, expect.stringMatching(/^invalid-request/), refused]);
    expect(contents(bench.state)).toEqual([
      [[['user', 'a']], { producer_byte_rate: 5, consumer_byte_rate: 6 }],
    ]);
    expect(bench.log.length).toBe(1);
  });

  it.each<[string, readonly QuotaEntityPart[], Values]>([
    ['no entity', [], { producer_byte_rate: 1 }],
    ['an unknown type', [['group', 'a']], { producer_byte_rate: 1 }],
    ['an empty name', [user('')], { producer_byte_rate: 1 }],
    ['a name that is too long', [user('x'.repeat(1025))], { producer_byte_rate: 1 }],
    ['a type twice', [user('a'), user('b')], { producer_byte_rate: 1 }],
    ['an address with a user', [user('a'), ip('1.2.3.4')], { connection_creation_rate: 1 }],
    ['a host name', [ip('localhost')], { connection_creation_rate: 1 }],
    ['an unknown key', [user('a')], { speed: 1 }],
    ['a key of addresses for a user', [user('a')], { connection_creation_rate: 1 }],
    ['a key of users for an address', [ip('1.2.3.4')], { producer_byte_rate: 1 }],
    ['zero', [user('a')], { producer_byte_rate: 0 }],
    ['less than zero', [user('a')], { request_percentage: -1 }],
    ['no number', [user('a')], { request_percentage: Number.NaN }],
    ['infinity', [user('a')], { request_percentage: Number.POSITIVE_INFINITY }],
    ['a fraction of bytes', [user('a')], { producer_byte_rate: 1.5 }],
    ['more than a long', [user('a')], { producer_byte_rate: 1e19 }],
    ['more than an int', [ip('1.2.3.4')], { connection_creation_rate: 2 ** 31 }],
  ])('with %s are refused, and the others of the request taken', (_, entity, values) => {
    const bench = new Bench();
    const [refused, taken] = alter(bench, [
      [entity, values],
      [[user('good')], { producer_byte_rate: 1 }],
    ]);
    expect(refused).toMatch(/^invalid-request: /);
    expect(taken).toBeNull();
    expect(bench.state.quotas.size).toBe(1);
  });

  it('of an address are those of all its forms', () => {
    const bench = new Bench();
    alter(bench, [[[ip('::ffff:10.0.0.1')], { connection_creation_rate: 7 }]]);
    expect(contents(bench.state)).toEqual([[[['ip', '10.0.0.1']], { connection_creation_rate: 7 }]]);
  });

  it('are bounded in number', () => {
    const bench = new Bench();
    const entries = Array.from(
      { length: QUOTA_ENTITIES_MAX + 1 },
      (_, i) => [[user(`u${i}`)], { producer_byte_rate: 1 }] as const,
    );
    const answers = alter(bench, entries);
    expect(answers.filter((answer) => answer === null).length).toBe(QUOTA_ENTITIES_MAX);
    expect(answers.at(-1)).toMatch(/^policy-violation: /);
    // One that goes makes room, in the same request too.
    expect(
      alter(bench, [
        [[user('u0')], { producer_byte_rate: null }],
        [[user('new')], { producer_byte_rate: 1 }],
      ]),
    ).toEqual([null, null]);
  });
});

describe('a filter', () => {
  const bench = new Bench();
  alter(bench, [
    [[user('alice')], { producer_byte_rate: 1 }],
    [[user(null)], { producer_byte_rate: 2 }],
    [[user('alice'), clientId('app')], { producer_byte_rate: 3 }],
    [[user('alice'), clientId(null)], { producer_byte_rate: 4 }],
    [[clientId('app')], { producer_byte_rate: 5 }],
    [[ip('::1')], { connection_creation_rate: 6 }],
  ]);
  const find = (filters: Parameters<typeof bench.image.findQuotas>[0], strict = false): unknown => {
    const found = bench.image.findQuotas(filters, strict);
    if (found instanceof BrokerError) return found.code;
    return found.map(({ values }) => [...values.values()][0]).sort();
  };
  const exact = (type: string, name: string) => ({ type, match: { kind: 'exact', name } as const });
  const all = (type: string) => ({ type, match: { kind: 'any' } as const });
  const dflt = (type: string) => ({ type, match: { kind: 'default' } as const });

  it.each([
    ['nothing: all', [], false, [1, 2, 3, 4, 5, 6]],
    ['nothing, strictly: none', [], true, []],
    ['a user, with whatever client', [exact('user', 'alice')], false, [1, 3, 4]],
    ['a user alone', [exact('user', 'alice')], true, [1]],
    ['the default user', [dflt('user')], false, [2]],
    ['any user', [all('user')], false, [1, 2, 3, 4]],
    ['any user with any client', [all('user'), all('client-id')], true, [3, 4]],
    ['a user with its default client', [exact('user', 'alice'), dflt('client-id')], true, [4]],
    ['a client', [exact('client-id', 'app')], false, [3, 5]],
    ['an address in another form', [exact('ip', '0:0::1')], true, [6]],
    ['nobody of that name', [exact('user', 'bob')], false, []],
    ['an empty type', [all('')], false, 'invalid-request'],
    ['an unknown type', [all('group')], false, 'unsupported-version'],
    ['a type twice', [all('user'), dflt('user')], false, 'invalid-request'],
    ['an address and a user', [all('user'), all('ip')], false, 'invalid-request'],
  ])('for %s', (_, filters, strict, expected) => {
    expect(find(filters, strict)).toEqual(expected);
  });
});

describe('a stored quota', () => {
  it('has the layout that the file describes', () => {
    const entity = { user: 'ab', clientId: null };
    const { key, value } = encodeRecord({
      kind: 'quota',
      entity,
      values: new Map([['request_percentage', 1.5]]),
    });
    expect(key.toString('hex')).toBe('0702' + '01036162' + '0200');
    expect(value!.toString('hex')).toBe(
      `010113${Buffer.from('request_percentage').toString('hex')}3ff8000000000000`,
    );
    expect(encodeRecord({ kind: 'quota', entity: { ip: '::1' }, values: new Map() })).toEqual({
      key: Buffer.from('070103043a3a31', 'hex'),
      value: null,
    });
  });

  it('is read as it was written', () => {
    const name = fc.option(fc.string({ minLength: 1 }));
    fc.assert(
      fc.property(
        fc.record({ user: name, clientId: name }),
        fc.boolean(),
        fc.double(),
        (names, both, value) => {
          const entity = both ? names : { clientId: names.clientId };
          const record: MetadataRecord = {
            kind: 'quota',
            entity,
            values: new Map([['consumer_byte_rate', value]]),
          };
          expect(decodeRecord(encodeRecord(record))).toEqual(record);
        },
      ),
    );
  });

  it('for a type of entity that is unknown is refused', () => {
    const { key, value } = encodeRecord({
      kind: 'quota',
      entity: { user: 'a' },
      values: new Map([['request_percentage', 1]]),
    });
    const other = Buffer.from(key);
    other[2] = 9;
    expect(() => decodeRecord({ key: other, value })).toThrow(/type 9/);
  });
});
