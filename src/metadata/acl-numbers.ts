/**
 * The words of access rules, with Kafka's numbers for them: they stand in requests and in stored rules (acl-record.ts).
 * 0 is unknown.
 */
export const ACL_RESOURCE_NUMBERS = {
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
  'delegation-token': 6,
  user: 7,
} as const;
export type AclResourceType = keyof typeof ACL_RESOURCE_NUMBERS;

/** Also the bits in the fields of operations (KIP-430). `all` stands in rules only: a question names one of the others. */
export const ACL_OPERATION_NUMBERS = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
  'create-tokens': 13,
  'describe-tokens': 14,
  'two-phase-commit': 15,
} as const;
export type AclOperation = keyof typeof ACL_OPERATION_NUMBERS;

export const ACL_PATTERN_NUMBERS = { literal: 3, prefixed: 4 } as const;
export type AclPatternType = keyof typeof ACL_PATTERN_NUMBERS;

export const ACL_PERMISSION_NUMBERS = { deny: 2, allow: 3 } as const;
export type AclPermission = keyof typeof ACL_PERMISSION_NUMBERS;

/** In a filter: every one. */
export const ACL_ANY = 1;
export const ACL_FILTER_PATTERN_NUMBERS = { any: ACL_ANY, match: 2, ...ACL_PATTERN_NUMBERS } as const;

export function aclWords<Word extends string>(numbers: Readonly<Record<Word, number>>): Word[] {
  return Object.keys(numbers) as Word[];
}

/** The word that has a number; undefined: none has. */
export function aclWord<Word extends string>(
  numbers: Readonly<Record<Word, number>>,
  number: number,
): Word | undefined {
  return aclWords(numbers).find((word) => numbers[word] === number);
}
