// Access rules in the words of the command line: from options to rules and filters, with the numbers of the protocol. Pure.

import { CLUSTER_RESOURCE } from '../metadata/acl.ts';
import {
  ACL_ANY,
  ACL_FILTER_PATTERN_NUMBERS,
  ACL_OPERATION_NUMBERS,
  ACL_PATTERN_NUMBERS,
  ACL_PERMISSION_NUMBERS,
  ACL_RESOURCE_NUMBERS,
  type AclResourceType,
  aclWord,
  aclWords,
} from '../metadata/acl-numbers.ts';
import { OPERATIONS_OF } from '../security/access.ts';
import { usageError } from './errors.ts';

/** A rule with the protocol's numbers. */
export interface CliAcl {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** Null and 1 (any) pick everything. */
export type CliAclFilter = Omit<CliAcl, 'resourceName' | 'principal' | 'host'> & {
  readonly resourceName: string | null;
  readonly principal: string | null;
  readonly host: string | null;
};

/** What the commands share, as commander gives it. */
export interface AclFlags {
  readonly topic?: readonly string[];
  readonly group?: readonly string[];
  readonly transactionalId?: readonly string[];
  readonly delegationToken?: readonly string[];
  readonly userPrincipal?: readonly string[];
  readonly cluster?: true;
  readonly resourcePatternType: string;
  readonly operation?: readonly string[];
  readonly allowPrincipal?: readonly string[];
  readonly denyPrincipal?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly denyHost?: readonly string[];
  readonly producer?: true;
  readonly consumer?: true;
  readonly idempotent?: true;
}

/** A rule as a line of a table: `allow  User:a  from *  read  topic literal orders`. */
export function aclCells(acl: CliAcl): string[] {
  return [
    acl.permissionType === ACL_PERMISSION_NUMBERS.allow ? 'allow' : 'deny',
    acl.principal,
    acl.host,
    aclWord(ACL_OPERATION_NUMBERS, acl.operation) ?? `operation ${acl.operation}`,
    aclWord(ACL_RESOURCE_NUMBERS, acl.resourceType) ?? `type ${acl.resourceType}`,
    aclWord(ACL_FILTER_PATTERN_NUMBERS, acl.resourcePatternType) ?? `pattern ${acl.resourcePatternType}`,
    acl.resourceName,
  ];
}

/** The protocol's number; `Read`, `READ`, `read`, `DescribeConfigs` and `describe-configs` are all taken. */
export function operationNumber(text: string): number {
  const plain = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');
  const names = aclWords(ACL_OPERATION_NUMBERS);
  const operation = names.find((name) => plain(name) === plain(text));
  if (operation !== undefined) return ACL_OPERATION_NUMBERS[operation];
  throw usageError(`there is no operation "${text}": there are ${names.join(', ')}`);
}

function patternNumber<Word extends string>(text: string, numbers: Readonly<Record<Word, number>>): number {
  const names = aclWords(numbers);
  const pattern = names.find((name) => name === text.toLowerCase());
  if (pattern !== undefined) return numbers[pattern];
  throw usageError(`--resource-pattern-type "${text}" must be ${names.join(' or ')}`);
}

type Target = Pick<CliAcl, 'resourceType' | 'resourceName'>;

function targets(flags: AclFlags, only?: AclResourceType): Target[] {
  const named: readonly (readonly [AclResourceType, readonly string[] | undefined])[] = [
    ['topic', flags.topic],
    ['group', flags.group],
    ['transactional-id', flags.transactionalId],
    ['delegation-token', flags.delegationToken],
    ['user', flags.userPrincipal],
    ['cluster', flags.cluster ? [CLUSTER_RESOURCE] : undefined],
  ];
  return named.flatMap(([type, names]) =>
    only !== undefined && only !== type
      ? []
      : (names ?? []).map((resourceName) => ({ resourceType: ACL_RESOURCE_NUMBERS[type], resourceName })),
  );
}

type Wanted = Target & Pick<CliAcl, 'operation'>;

/** Resources with operations: as --operation says, or as the conveniences do. */
function wanted(flags: AclFlags): Wanted[] {
  const each = (list: readonly Target[], operations: readonly string[]): Wanted[] =>
    list.flatMap((target) => operations.map((name) => ({ ...target, operation: operationNumber(name) })));
  if (flags.producer !== true && flags.consumer !== true) {
    return each(targets(flags), flags.operation ?? ['all']);
  }
  if (flags.operation !== undefined) {
    throw usageError('--producer and --consumer choose the operations: leave --operation out');
  }
  const topics = targets(flags, 'topic');
  if (topics.length === 0) throw usageError('--producer and --consumer need --topic');
  const groups = targets(flags, 'group');
  if (flags.consumer === true && groups.length === 0) throw usageError('--consumer needs --group');
  const cluster: Target = { resourceType: ACL_RESOURCE_NUMBERS.cluster, resourceName: CLUSTER_RESOURCE };
  return [
    ...(flags.producer === true ? each(topics, ['write', 'describe', 'create']) : []),
    ...(flags.producer === true ? each(targets(flags, 'transactional-id'), ['write', 'describe']) : []),
    ...(flags.idempotent === true ? each([cluster], ['idempotent-write']) : []),
    ...(flags.consumer === true ? [...each(topics, ['read', 'describe']), ...each(groups, ['read'])] : []),
  ];
}

/** Who may and may not, as pairs of principal and host. */
function parties(flags: AclFlags): Pick<CliAcl, 'principal' | 'host' | 'permissionType'>[] {
  const pairs = (principals: readonly string[], hosts: readonly string[], permissionType: number) =>
    principals.flatMap((principal) => {
      if (!/^[^:]+:./.test(principal)) {
        throw usageError(`the principal "${principal}" needs its type: write User:${principal}`);
      }
      return hosts.map((host) => ({ principal, host, permissionType }));
    });
  return [
    ...pairs(flags.allowPrincipal ?? [], flags.allowHost ?? ['*'], ACL_PERMISSION_NUMBERS.allow),
    ...pairs(flags.denyPrincipal ?? [], flags.denyHost ?? ['*'], ACL_PERMISSION_NUMBERS.deny),
  ];
}

/** As kafka-acls: a rule about what is never asked of a resource is a mistake. */
function checkMeaning({ resourceType, operation }: Wanted): void {
  const type = aclWord(ACL_RESOURCE_NUMBERS, resourceType)!;
  const name = aclWord(ACL_OPERATION_NUMBERS, operation)!;
  if (name === 'all' || OPERATIONS_OF[type].includes(name)) return;
  throw usageError(`${name} is never asked of a ${type}: there are ${OPERATIONS_OF[type].join(', ')}, all`);
}

/** The rules that `acl add` makes. */
export function rulesOf(flags: AclFlags): CliAcl[] {
  const resourcePatternType = patternNumber(flags.resourcePatternType, ACL_PATTERN_NUMBERS);
  const who = parties(flags);
  if (who.length === 0) throw usageError('name who may or may not: --allow-principal or --deny-principal');
  const what = wanted(flags);
  if (what.length === 0) throw usageError(NO_RESOURCE);
  for (const one of what) checkMeaning(one);
  const rules = what.flatMap((one) => who.map((party) => ({ ...one, ...party, resourcePatternType })));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

const NO_RESOURCE =
  'name a resource: --topic, --group, --transactional-id, --cluster, --delegation-token or --user-principal';

/** The filters of `acl remove`: what isn't named is any. */
export function removalsOf(flags: AclFlags): CliAclFilter[] {
  const resourcePatternType = patternNumber(flags.resourcePatternType, ACL_FILTER_PATTERN_NUMBERS);
  const given = flags.operation !== undefined || flags.producer === true || flags.consumer === true;
  const what = given ? wanted(flags) : targets(flags).map((target) => ({ ...target, operation: ACL_ANY }));
  if (what.length === 0) throw usageError(NO_RESOURCE);
  const named = parties({ ...flags, allowHost: flags.allowHost ?? [''], denyHost: flags.denyHost ?? [''] });
  const who =
    named.length === 0
      ? [{ principal: null, host: null, permissionType: ACL_ANY }]
      : named.map(({ host, ...party }) => ({ ...party, host: host === '' ? null : host }));
  return what.flatMap((one) => who.map((party) => ({ ...one, ...party, resourcePatternType })));
}

/** The filters of `acl list`: all rules where nothing is named. */
export function listingOf(flags: AclFlags & { readonly principal?: readonly string[] }): CliAclFilter[] {
  const resourcePatternType = patternNumber(flags.resourcePatternType, ACL_FILTER_PATTERN_NUMBERS);
  const named = targets(flags);
  const what = named.length === 0 ? [{ resourceType: ACL_ANY, resourceName: null }] : named;
  const principals = flags.principal ?? [null];
  return what.flatMap((target) =>
    principals.map((principal) => ({
      ...target,
      resourcePatternType,
      principal,
      host: null,
      operation: ACL_ANY,
      permissionType: ACL_ANY,
    })),
  );
}
