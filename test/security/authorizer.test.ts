import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Acl } from '../../src/metadata/acl.ts';
import type { AclOperation, AclResourceType } from '../../src/metadata/acl-numbers.ts';
import { Authorizer } from '../../src/security/authorizer.ts';
import { ANONYMOUS, userPrincipal } from '../../src/security/principal.ts';
import { acl } from '../support/acl.ts';

function authorizer(
  rules: readonly Acl[],
  options: { superUsers?: readonly string[]; allowIfNoAcl?: boolean } = {},
): Authorizer {
  const made = new Authorizer({
    superUsers: new Set(options.superUsers),
    allowIfNoAcl: options.allowIfNoAcl ?? false,
  });
  for (const rule of rules) made.add(rule);
  return made;
}

const alice = userPrincipal('alice');
const HOST = '192.0.2.7';

describe('an authorizer', () => {
  it('denies what no rule allows', () => {
    const access = authorizer([]).access(alice, HOST);
    expect(access.allows('read', 'topic', 'orders')).toBe(false);
    expect(access.allowsAny('write', 'topic')).toBe(false);
  });

  it('allows super users everything, whatever the rules say', () => {
    const rules = [acl({ permission: 'deny', operation: 'all', principal: 'User:*' })];
    const access = authorizer(rules, { superUsers: ['User:alice'] }).access(alice, HOST);
    expect(access.allows('read', 'topic', 'orders')).toBe(true);
    expect(access.allowsAny('write', 'topic')).toBe(true);
  });

  it('lets a denial win over all that allow', () => {
    const rules = [
      acl({ operation: 'all' }),
      acl({
        resourceName: 'ord',
        patternType: 'prefixed',
        permission: 'deny',
        principal: 'User:*',
        host: HOST,
      }),
    ];
    const made = authorizer(rules);
    expect(made.access(alice, HOST).allows('read', 'topic', 'orders')).toBe(false);
    expect(made.access(alice, '192.0.2.8').allows('read', 'topic', 'orders')).toBe(true);
  });

  it.each<[AclOperation, AclOperation]>([
    ['read', 'describe'],
    ['write', 'describe'],
    ['delete', 'describe'],
    ['alter', 'describe'],
    ['alter-configs', 'describe-configs'],
  ])('includes in %s to %s, but not in its denial', (given, included) => {
    expect(
      authorizer([acl({ operation: given })])
        .access(alice, HOST)
        .allows(included, 'topic', 'orders'),
    ).toBe(true);
    const denied = authorizer([acl({ operation: given, permission: 'deny' }), acl({ operation: included })]);
    expect(denied.access(alice, HOST).allows(included, 'topic', 'orders')).toBe(true);
    expect(denied.access(alice, HOST).allows(given, 'topic', 'orders')).toBe(false);
  });

  it.each([
    ['192.0.2.7', '::ffff:192.0.2.7'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::7', '2001:db8:0:0:0:0:0:7'],
  ])('takes %s in a rule for the client at %s', (host, client) => {
    const access = authorizer([acl({ host })]).access(alice, client);
    expect(access.allows('read', 'topic', 'orders')).toBe(true);
  });

  it('with allow.everyone.if.no.acl.found, keeps closed what a rule for anybody speaks of', () => {
    const made = authorizer([acl()], { allowIfNoAcl: true });
    const bob = made.access(userPrincipal('bob'), HOST);
    expect(bob.allows('read', 'topic', 'other')).toBe(true);
    expect(bob.allows('read', 'topic', 'orders')).toBe(false);
    expect(made.access(alice, HOST).allows('write', 'topic', 'orders')).toBe(false);
    made.add(acl({ resourceName: '*', principal: 'User:*', permission: 'deny' }));
    expect(made.access(ANONYMOUS, HOST).allows('read', 'topic', 'other')).toBe(false);
    expect(bob.allows('read', 'group', 'g')).toBe(true);
  });

  it('forgets its decisions when a rule comes or goes', () => {
    const made = authorizer([]);
    const access = made.access(alice, HOST);
    expect(access.allows('read', 'topic', 'orders')).toBe(false);
    const { version } = access;
    made.add(acl());
    expect(access.version).not.toBe(version);
    expect(access.allows('read', 'topic', 'orders')).toBe(true);
    made.remove(acl());
    expect(access.allows('read', 'topic', 'orders')).toBe(false);
  });

  it('keeps a bounded number of decisions, of each client and over all, which changes none of them', () => {
    const made = authorizer([acl({ resourceName: 'odd', patternType: 'prefixed' })]);
    const access = made.access(alice, HOST);
    const { version } = access;
    const { age } = made;
    for (let i = 0; i < 50_000; i++) access.allows('read', 'topic', `even${i}`);
    // Only this client's were forgotten.
    expect(made.age).toBe(age);
    for (let client = 0; client < 50; client++) {
      const other = made.access(userPrincipal(`user${client}`), HOST);
      for (let i = 0; i < 5000; i++) other.allows('read', 'topic', `even${i}`);
    }
    expect(made.age).toBe(age + 1);
    expect(access.version).toBe(version);
    expect(access.allows('read', 'topic', 'odd7')).toBe(true);
    expect(access.allows('read', 'topic', 'even7')).toBe(false);
  });

  it('tells what may be done with a resource', () => {
    const made = authorizer([acl(), acl({ operation: 'alter-configs' })]);
    expect(made.access(alice, HOST).operations('topic', 'orders')).toEqual([
      'read',
      'describe',
      'describe-configs',
      'alter-configs',
    ]);
  });
});

// The model: Kafka's rules, read off one by one over a list.

const INCLUDES: Readonly<Record<string, readonly string[]>> = {
  describe: ['describe', 'read', 'write', 'delete', 'alter'],
  'describe-configs': ['describe-configs', 'alter-configs'],
};

function speaksOf(rule: Acl, type: AclResourceType, name: string): boolean {
  if (rule.resourceType !== type) return false;
  if (rule.patternType === 'prefixed') return name.startsWith(rule.resourceName);
  return rule.resourceName === name || rule.resourceName === '*';
}

interface Question {
  readonly user: string;
  readonly host: string;
  readonly operation: AclOperation;
  readonly type: AclResourceType;
  readonly name: string;
}

function model(rules: readonly Acl[], question: Question, allowIfNoAcl: boolean): boolean {
  const { user, host, operation, type, name } = question;
  const about = rules.filter((rule) => speaksOf(rule, type, name));
  if (about.length === 0) return allowIfNoAcl;
  const mine = about.filter(
    (rule) => [`User:${user}`, 'User:*'].includes(rule.principal) && [host, '*'].includes(rule.host),
  );
  const denies = ({ permission, operation: own }: Acl) =>
    permission === 'deny' && (own === 'all' || own === operation);
  if (mine.some(denies)) return false;
  const wanted = INCLUDES[operation] ?? [operation];
  return mine.some(
    ({ permission, operation: own }) => permission === 'allow' && ['all', ...wanted].includes(own),
  );
}

const types: readonly AclResourceType[] = ['topic', 'group'];
const operations: readonly AclOperation[] = [
  'read',
  'write',
  'describe',
  'alter-configs',
  'describe-configs',
];
const name = fc.stringMatching(/^[ab]{1,4}$/);
const rule: fc.Arbitrary<Acl> = fc.record({
  resourceType: fc.constantFrom(...types),
  resourceName: fc.oneof(name, fc.constant('*')),
  patternType: fc.constantFrom('literal', 'prefixed'),
  principal: fc.constantFrom('User:a', 'User:b', 'User:*', 'Group:a'),
  host: fc.constantFrom('h1', 'h2', '*'),
  operation: fc.constantFrom('all', ...operations),
  permission: fc.constantFrom('allow', 'deny'),
});
const question: fc.Arbitrary<Question> = fc.record({
  user: fc.constantFrom('a', 'b', 'c'),
  host: fc.constantFrom('h1', 'h2'),
  operation: fc.constantFrom(...operations),
  type: fc.constantFrom(...types),
  name,
});

describe('an authorizer and the model', () => {
  it('decide alike, while rules come and go', () => {
    const step = fc.oneof(
      rule.map((added) => ({ added })),
      fc.nat(20).map((removed) => ({ removed })),
      question.map((asked) => ({ asked })),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), fc.boolean(), (steps, allowIfNoAcl) => {
        const made = authorizer([], { allowIfNoAcl });
        const rules = new Map<string, Acl>();
        for (const one of steps) {
          if ('added' in one) {
            made.add(one.added);
            rules.set(JSON.stringify(Object.entries(one.added).sort()), one.added);
          } else if ('removed' in one) {
            const [key, removed] = [...rules][one.removed] ?? [];
            if (key === undefined || removed === undefined) continue;
            made.remove(removed);
            rules.delete(key);
          } else {
            const { user, host, operation, type, name: resource } = one.asked;
            const access = made.access(userPrincipal(user), host);
            expect(access.allows(operation, type, resource)).toBe(
              model([...rules.values()], one.asked, allowIfNoAcl),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('agree that there is something to write to, where a name can be found', () => {
    // All names that the rules can tell apart.
    const names = ['', 'a', 'b'].flatMap((x) =>
      ['', 'a', 'b', 'c'].flatMap((y) => [`${x}${y}`, `${x}${y}c`]),
    );
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 8 }), fc.constantFrom('a', 'b'), (rules, user) => {
        const access = authorizer(rules).access(userPrincipal(user), 'h1');
        const asked = { user, host: 'h1', operation: 'write', type: 'topic' } as const;
        const found = names.some((one) => one !== '' && model(rules, { ...asked, name: one }, false));
        // Never a false no: a producer that may write somewhere gets its id.
        if (found) expect(access.allowsAny('write', 'topic')).toBe(true);
        const allowed = rules.some(
          ({ permission, resourceType, operation }) =>
            permission === 'allow' && resourceType === 'topic' && ['write', 'all'].includes(operation),
        );
        if (!allowed) expect(access.allowsAny('write', 'topic')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
