/**
 * Access rules (ACLs), as Kafka has them: a principal, from a host, may or may not do an operation with the resources
 * that a pattern names. A rule is its own identity: there is nothing of it to change.
 *
 * Here is which rules may be stored, and which a filter picks. The words are in acl-numbers.ts, what rules decide in
 * security/authorizer.ts.
 */
import { BrokerError } from '../base/errors.ts';
import type { AclOperation, AclPatternType, AclPermission, AclResourceType } from './acl-numbers.ts';

export interface Acl {
  readonly resourceType: AclResourceType;
  /** A name, the beginning of names, or `*` (literal) for all. */
  readonly resourceName: string;
  readonly patternType: AclPatternType;
  /** TYPE:NAME; `User:*` is everybody, who has not logged in too. */
  readonly principal: string;
  /** The client's address as text, or `*`. */
  readonly host: string;
  readonly operation: AclOperation;
  readonly permission: AclPermission;
}

/** Picks rules. Null: any. */
export interface AclFilter {
  readonly resourceType: AclResourceType | null;
  readonly resourceName: string | null;
  /** `match`: every pattern that speaks of `resourceName`, by its name, by its beginning or by `*` (KIP-290). */
  readonly patternType: AclPatternType | 'any' | 'match';
  readonly principal: string | null;
  readonly host: string | null;
  readonly operation: AclOperation | null;
  readonly permission: AclPermission | null;
}

/** Names every resource of a type, where it stands in a literal pattern. */
export const ANY_RESOURCE = '*';
/** The one resource of the type `cluster`. */
export const CLUSTER_RESOURCE = 'kafka-cluster';

/** Characters of a rule's name, principal and host together: the number of rules is bounded, so that all of them are. */
const CHARACTERS_MAX = 4096;

/** What is wrong with a new rule, as Kafka judges; null: nothing. */
export function checkAcl({ resourceType, resourceName, principal, host }: Acl): BrokerError | null {
  const refuse = (message: string): BrokerError => new BrokerError('invalid-request', message);
  if (resourceName === '') return refuse('A rule needs the name of its resource, or "*" for all.');
  if (resourceType === 'cluster' && resourceName !== CLUSTER_RESOURCE) {
    return refuse(`The cluster has one name, ${CLUSTER_RESOURCE}, and not "${resourceName}".`);
  }
  if (!principal.includes(':')) {
    return refuse(`The principal "${principal}" needs its type, as in User:${principal}.`);
  }
  if (host === '') return refuse('A rule needs the host of the client, or "*" for all.');
  if (resourceName.length + principal.length + host.length > CHARACTERS_MAX) {
    return refuse(`A rule has at most ${CHARACTERS_MAX} characters in its resource, principal and host.`);
  }
  return null;
}

/** Equal for equal rules, and for no others. */
export function aclKey(acl: Acl): string {
  const { resourceType, patternType, operation, permission, resourceName, principal, host } = acl;
  return `${resourceType} ${patternType} ${operation} ${permission} ${resourceName.length} ${principal.length} ${resourceName}${principal}${host}`;
}

/** The one rule that a filter can pick; null where it may pick several. */
export function exactAcl(filter: AclFilter): Acl | null {
  const { resourceType, resourceName, patternType, principal, host, operation, permission } = filter;
  if (resourceType === null || resourceName === null || principal === null || host === null) return null;
  if (operation === null || permission === null || patternType === 'any' || patternType === 'match') {
    return null;
  }
  return { resourceType, resourceName, patternType, principal, host, operation, permission };
}

/** Whether a filter picks a rule (Kafka's AclBindingFilter). */
export function picksAcl(filter: AclFilter, acl: Acl): boolean {
  return (
    (filter.resourceType === null || filter.resourceType === acl.resourceType) &&
    (filter.principal === null || filter.principal === acl.principal) &&
    (filter.host === null || filter.host === acl.host) &&
    (filter.operation === null || filter.operation === acl.operation) &&
    (filter.permission === null || filter.permission === acl.permission) &&
    picksPattern(filter, acl)
  );
}

function picksPattern({ patternType, resourceName }: AclFilter, acl: Acl): boolean {
  if (patternType !== 'match') {
    const ofType = patternType === 'any' || patternType === acl.patternType;
    return ofType && (resourceName === null || resourceName === acl.resourceName);
  }
  if (resourceName === null) return true;
  if (acl.patternType === 'prefixed') return resourceName.startsWith(acl.resourceName);
  return acl.resourceName === resourceName || acl.resourceName === ANY_RESOURCE;
}
