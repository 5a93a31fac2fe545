import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Acl, type AclFilter, aclKey } from '../../src/metadata/acl.ts';
import { ACL_OPERATION_NUMBERS, ACL_RESOURCE_NUMBERS, aclWords } from '../../src/metadata/acl-numbers.ts';
import { decodeRecord, encodeRecord } from '../../src/metadata/records.ts';
import { acl } from '../support/acl.ts';
import { Bench, told } from './helpers.ts';

const EVERY: AclFilter = {
  resourceType: null,
  resourceName: null,
  patternType: 'any',
  principal: null,
  host: null,
  operation: null,
  permission: null,
};

const text = fc.string({ minLength: 1, maxLength: 6 });
const anyAcl: fc.Arbitrary<Acl> = fc.record({
  resourceType: fc.constantFrom(...aclWords(ACL_RESOURCE_NUMBERS)),
  resourceName: text,
  patternType: fc.constantFrom('literal', 'prefixed'),
  principal: text.map((name) => `User:${name}`),
  host: text,
  operation: fc.constantFrom(...aclWords(ACL_OPERATION_NUMBERS)),
  permission: fc.constantFrom('allow', 'deny'),
});

describe('access rules', () => {
  it('are added once, told, removed, and there after a restart', () => {
    const bench = new Bench();
    const rules = [acl(), acl({ operation: 'write' }), acl()];
    expect(bench.run({ kind: 'create-acls', acls: rules })).toEqual([null, null, null]);
    expect(bench.log).toHaveLength(2);
    expect([...bench.replayed().acls.values()]).toEqual([acl(), acl({ operation: 'write' })]);
    expect([...bench.restoredFromSnapshot().acls.values()]).toEqual([...bench.image.acls()]);
    const filters = [{ ...EVERY, operation: 'write' as const }, EVERY];
    const answer = bench.run({ kind: 'delete-acls', filters });
    expect(answer).toEqual([[acl({ operation: 'write' })], [acl(), acl({ operation: 'write' })]]);
    expect([...bench.image.acls()]).toEqual([]);
    expect(bench.replayed().acls.size).toBe(0);
  });

  it('are refused where Kafka refuses them', () => {
    const acls = [
      acl({ resourceName: '' }),
      acl({ resourceType: 'cluster' }),
      acl({ principal: 'alice' }),
      acl({ host: '' }),
      acl({ principal: `User:${'x'.repeat(5000)}` }),
    ];
    const bench = new Bench();
    expect(bench.run({ kind: 'create-acls', acls }).map(told)).toEqual([
      'invalid-request: A rule needs the name of its resource, or "*" for all.',
      'invalid-request: The cluster has one name, kafka-cluster, and not "orders".',
      'invalid-request: The principal "alice" needs its type, as in User:alice.',
      'invalid-request: A rule needs the host of the client, or "*" for all.',
      'invalid-request: A rule has at most 4096 characters in its resource, principal and host.',
    ]);
    expect(bench.log).toEqual([]);
  });

  it('are bounded', () => {
    const bench = new Bench({ 'polylog.acls.max': '2' });
    const acls = ['a', 'b', 'c'].map((resourceName) => acl({ resourceName }));
    const [first, second, third] = bench.run({ kind: 'create-acls', acls });
    expect([first, second]).toEqual([null, null]);
    expect(told(third)).toContain('policy-violation: There are 2 access rules');
    expect(bench.run({ kind: 'create-acls', acls: [acls[0]!] })).toEqual([null]);
  });

  it('are removed in bounded numbers', () => {
    const bench = new Bench();
    const acls = Array.from({ length: 10_001 }, (_, i) => acl({ resourceName: `t${i}` }));
    bench.run({ kind: 'create-acls', acls });
    expect(bench.run({ kind: 'delete-acls', filters: [EVERY] }).map(told)).toEqual([
      'invalid-request: A request may remove 10000 access rules: ask for fewer at a time.',
    ]);
    const filters = Array.from({ length: 1001 }, () => ({ ...EVERY, resourceName: 'none' }));
    expect(told(bench.run({ kind: 'delete-acls', filters })[1000])).toContain('1000 filters');
    const exact = acls.slice(0, 5000).map((one) => ({ ...one }));
    expect(bench.run({ kind: 'delete-acls', filters: exact }).flat()).toHaveLength(5000);
  });

  it('are stored byte by byte as records.ts says', () => {
    const { key, value } = encodeRecord({ kind: 'acl', acl: acl({ host: 'h' }) });
    const string = (chars: string) => Buffer.from([chars.length + 1, ...Buffer.from(chars)]).toString('hex');
    expect(key.toString('hex')).toBe(`0602030303${string('orders')}${string('User:alice')}${string('h')}`);
    expect(value!.toString('hex')).toBe('01');
    expect(encodeRecord({ kind: 'acl-removed', acl: acl() }).value).toBeNull();
    for (const at of [1, 2, 3, 4]) {
      const wrong = Buffer.from(key);
      wrong[at] = 99;
      expect(() => decodeRecord({ key: wrong, value })).toThrow('unknown to this version');
    }
  });

  it('are read as they were written, and have keys of their own', () => {
    fc.assert(
      fc.property(anyAcl, anyAcl, (one, other) => {
        for (const kind of ['acl', 'acl-removed'] as const) {
          expect(decodeRecord(encodeRecord({ kind, acl: one }))).toEqual({ kind, acl: one });
        }
        const equal =
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        expect(aclKey(one) === aclKey(other)).toBe(equal);
      }),
    );
  });
});

describe('a filter', () => {
  const rules = {
    literal: acl(),
    all: acl({ resourceName: '*' }),
    prefixed: acl({ resourceName: 'ord', patternType: 'prefixed' }),
    group: acl({ resourceType: 'group', host: 'h', permission: 'deny' }),
  };
  const bench = new Bench();
  bench.run({ kind: 'create-acls', acls: Object.values(rules) });
  const picked = (fields: Partial<AclFilter>): string[] => {
    const found = bench.image.findAcls({ ...EVERY, ...fields }).map(aclKey);
    return Object.entries(rules).flatMap(([name, rule]) => (found.includes(aclKey(rule)) ? [name] : []));
  };

  it.each<[Partial<AclFilter>, string[]]>([
    [{}, ['literal', 'all', 'prefixed', 'group']],
    [{ resourceType: 'topic' }, ['literal', 'all', 'prefixed']],
    [{ patternType: 'match' }, ['literal', 'all', 'prefixed', 'group']],
    [{ patternType: 'match', resourceType: 'topic', resourceName: 'orders' }, ['literal', 'all', 'prefixed']],
    [{ patternType: 'match', resourceType: 'topic', resourceName: 'ordinal' }, ['all', 'prefixed']],
    [{ patternType: 'match', resourceType: 'topic', resourceName: 'other' }, ['all']],
    [{ patternType: 'any', resourceName: 'orders' }, ['literal', 'group']],
    [{ patternType: 'literal', resourceName: '*' }, ['all']],
    [{ patternType: 'prefixed' }, ['prefixed']],
    [{ patternType: 'prefixed', resourceName: 'orders' }, []],
    [{ host: '*' }, ['literal', 'all', 'prefixed']],
    [{ permission: 'deny' }, ['group']],
    [{ operation: 'all' }, []],
    [{ principal: 'User:*' }, []],
  ])('%j picks %j', (fields, names) => {
    expect(picked(fields)).toEqual(names);
  });
});
