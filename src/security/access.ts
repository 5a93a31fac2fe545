/** What a client may do. CONTRACT between whoever decides it and the protocols that ask. */
import type { AclOperation, AclResourceType } from '../metadata/acl-numbers.ts';

export { CLUSTER_RESOURCE } from '../metadata/acl.ts';
export {
  ACL_ANY,
  ACL_FILTER_PATTERN_NUMBERS,
  ACL_OPERATION_NUMBERS,
  ACL_PATTERN_NUMBERS,
  ACL_PERMISSION_NUMBERS,
  ACL_RESOURCE_NUMBERS,
  type AclOperation,
  type AclResourceType,
  aclWord,
} from '../metadata/acl-numbers.ts';

export interface Access {
  /** Whether there are rules at all. Without, nothing is ever denied. */
  readonly governed: boolean;
  /** Changes when decisions may have changed: what was allowed before has to be asked again. */
  readonly version: number;
  /** Whether the client may do `operation`, which isn't `all`, with the resource of this name. A map look-up, mostly. */
  allows(operation: AclOperation, resourceType: AclResourceType, name: string): boolean;
  /** Whether there may be a resource of the type with which the client may do `operation` (KIP-679). */
  allowsAny(operation: AclOperation, resourceType: AclResourceType): boolean;
  /** Of the operations that mean something for the type, those that the client may do with the resource (KIP-430). */
  operations(resourceType: AclResourceType, name: string): readonly AclOperation[];
}

/** The operations that mean something for a type. */
export const OPERATIONS_OF: Readonly<Record<AclResourceType, readonly AclOperation[]>> = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describe-configs', 'alter-configs'],
  group: ['read', 'delete', 'describe', 'describe-configs', 'alter-configs'],
  cluster: [
    'create',
    'alter',
    'describe',
    'cluster-action',
    'describe-configs',
    'alter-configs',
    'idempotent-write',
  ],
  'transactional-id': ['write', 'describe', 'two-phase-commit'],
  'delegation-token': ['describe'],
  user: ['create-tokens', 'describe-tokens'],
};

/** Where no authorizer is configured: everybody may do everything. */
export const OPEN_ACCESS: Access = {
  governed: false,
  version: 0,
  allows: () => true,
  allowsAny: () => true,
  operations: (resourceType) => OPERATIONS_OF[resourceType],
};
