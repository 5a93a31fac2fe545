import { describe, expect, it } from 'vitest';
import {
  type AclFlags,
  aclCells,
  listingOf,
  operationNumber,
  removalsOf,
  rulesOf,
} from '../../src/cli/acl-words.ts';

const literal = { resourcePatternType: 'literal' };
const lines = (flags: Partial<AclFlags>): string[] =>
  rulesOf({ ...literal, ...flags }).map((rule) => aclCells(rule).join(' '));

describe('rules from options', () => {
  it('are each principal at each host with each operation on each resource', () => {
    expect(
      lines({
        allowPrincipal: ['User:a', 'User:b'],
        allowHost: ['h'],
        denyPrincipal: ['User:c'],
        operation: ['Read', 'describe-configs'],
        topic: ['t'],
      }),
    ).toEqual([
      'allow User:a h read topic literal t',
      'allow User:b h read topic literal t',
      'deny User:c * read topic literal t',
      'allow User:a h describe-configs topic literal t',
      'allow User:b h describe-configs topic literal t',
      'deny User:c * describe-configs topic literal t',
    ]);
  });

  it('take all operations where none is named', () => {
    expect(lines({ allowPrincipal: ['User:a'], cluster: true, resourcePatternType: 'literal' })).toEqual([
      'allow User:a * all cluster literal kafka-cluster',
    ]);
  });

  it('have what producers and consumers need', () => {
    const flags = { allowPrincipal: ['User:a'], topic: ['t'], group: ['g'], transactionalId: ['x'] };
    expect(lines({ ...flags, producer: true, idempotent: true })).toEqual([
      'allow User:a * write topic literal t',
      'allow User:a * describe topic literal t',
      'allow User:a * create topic literal t',
      'allow User:a * write transactional-id literal x',
      'allow User:a * describe transactional-id literal x',
      'allow User:a * idempotent-write cluster literal kafka-cluster',
    ]);
    expect(lines({ ...flags, consumer: true, resourcePatternType: 'Prefixed' })).toEqual([
      'allow User:a * read topic prefixed t',
      'allow User:a * describe topic prefixed t',
      'allow User:a * read group prefixed g',
    ]);
  });

  it.each<[Partial<AclFlags>, string]>([
    [{ topic: ['t'] }, '--allow-principal or --deny-principal'],
    [{ allowPrincipal: ['User:a'] }, 'name a resource'],
    [{ allowPrincipal: ['alice'], topic: ['t'] }, 'write User:alice'],
    [{ allowPrincipal: ['User:a'], topic: ['t'], operation: ['reed'] }, 'there is no operation "reed"'],
    [{ allowPrincipal: ['User:a'], group: ['g'], operation: ['write'] }, 'write is never asked of a group'],
    [
      { allowPrincipal: ['User:a'], cluster: true, topic: ['t'], operation: ['cluster-action'] },
      'cluster-action is never asked of a topic',
    ],
    [{ allowPrincipal: ['User:a'], topic: ['t'], resourcePatternType: 'match' }, 'literal or prefixed'],
    [{ allowPrincipal: ['User:a'], topic: ['t'], consumer: true }, '--consumer needs --group'],
    [
      { allowPrincipal: ['User:a'], topic: ['t'], producer: true, operation: ['read'] },
      'leave --operation out',
    ],
  ])('are refused for %j', (flags, why) => {
    expect(() => lines(flags)).toThrow(why);
  });
});

describe('filters', () => {
  it('of a removal leave open what is not named', () => {
    expect(removalsOf({ ...literal, topic: ['t'] })).toEqual([
      {
        resourceType: 2,
        resourceName: 't',
        resourcePatternType: 3,
        principal: null,
        host: null,
        operation: 1,
        permissionType: 1,
      },
    ]);
    const [named] = removalsOf({ ...literal, group: ['g'], denyPrincipal: ['User:a'], operation: ['read'] });
    expect(named).toMatchObject({ principal: 'User:a', host: null, operation: 3, permissionType: 2 });
    expect(() => removalsOf({ ...literal, allowPrincipal: ['User:a'] })).toThrow('name a resource');
  });

  it('of a list are all rules where nothing is named', () => {
    expect(listingOf({ resourcePatternType: 'any' })).toEqual([
      {
        resourceType: 1,
        resourceName: null,
        resourcePatternType: 1,
        principal: null,
        host: null,
        operation: 1,
        permissionType: 1,
      },
    ]);
    const two = listingOf({ resourcePatternType: 'match', topic: ['t'], principal: ['User:a', 'User:b'] });
    expect(two.map(({ principal }) => principal)).toEqual(['User:a', 'User:b']);
  });
});

it('operations are taken as Kafka and as we write them', () => {
  const forms = ['DescribeConfigs', 'describe-configs', 'DESCRIBE_CONFIGS'];
  expect(new Set(forms.map(operationNumber))).toEqual(new Set([10]));
});
