/** DescribeAcls, CreateAcls, DeleteAcls (keys 29, 30, 31). KIP-140, KIP-290 (prefixed patterns). */
import { BrokerError } from '../../../base/errors.ts';
import type { Acl, AclFilter } from '../../../metadata/commands.ts';
import {
  ACL_ANY,
  ACL_FILTER_PATTERN_NUMBERS,
  ACL_OPERATION_NUMBERS,
  ACL_PATTERN_NUMBERS,
  ACL_PERMISSION_NUMBERS,
  ACL_RESOURCE_NUMBERS,
  aclWord,
} from '../../../security/access.ts';
import { defineApi, defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type CreateAclsRequest,
  type CreateAclsRequestCreation,
  type CreateAclsResponse,
  readCreateAclsRequest,
  writeCreateAclsResponse,
} from '../codec/generated/create-acls.ts';
import {
  type DeleteAclsRequest,
  type DeleteAclsRequestFilter,
  type DeleteAclsResponse,
  readDeleteAclsRequest,
  writeDeleteAclsResponse,
} from '../codec/generated/delete-acls.ts';
import {
  type DescribeAclsRequest,
  type DescribeAclsResponse,
  type DescribeAclsResponseResource,
  readDescribeAclsRequest,
  writeDescribeAclsResponse,
} from '../codec/generated/describe-acls.ts';
import { errorFields, KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowedCluster } from './authorize.ts';

function unknownNumber(what: string, number: number): BrokerError {
  return new BrokerError(
    'invalid-request',
    `a rule has no ${what} ${number}: use the numbers of Kafka's protocol`,
  );
}

function aclOf(creation: CreateAclsRequestCreation): Acl | BrokerError {
  const { resourceName, principal, host } = creation;
  const resourceType = aclWord(ACL_RESOURCE_NUMBERS, creation.resourceType);
  if (resourceType === undefined) return unknownNumber('resource type', creation.resourceType);
  const patternType = aclWord(ACL_PATTERN_NUMBERS, creation.resourcePatternType);
  if (patternType === undefined) return unknownNumber('pattern type', creation.resourcePatternType);
  const operation = aclWord(ACL_OPERATION_NUMBERS, creation.operation);
  if (operation === undefined) return unknownNumber('operation', creation.operation);
  const permission = aclWord(ACL_PERMISSION_NUMBERS, creation.permissionType);
  if (permission === undefined) return unknownNumber('permission', creation.permissionType);
  return { resourceType, resourceName, patternType, principal, host, operation, permission };
}

/** `any` (1) is null; undefined: unknown. */
function orAny<Name extends string>(
  table: Readonly<Record<Name, number>>,
  number: number,
): Name | null | undefined {
  return number === ACL_ANY ? null : aclWord(table, number);
}

function filterOf(wanted: DeleteAclsRequestFilter): AclFilter | BrokerError {
  const resourceType = orAny(ACL_RESOURCE_NUMBERS, wanted.resourceTypeFilter);
  if (resourceType === undefined) return unknownNumber('resource type', wanted.resourceTypeFilter);
  const patternType = aclWord(ACL_FILTER_PATTERN_NUMBERS, wanted.patternTypeFilter);
  if (patternType === undefined) return unknownNumber('pattern type', wanted.patternTypeFilter);
  const operation = orAny(ACL_OPERATION_NUMBERS, wanted.operation);
  if (operation === undefined) return unknownNumber('operation', wanted.operation);
  const permission = orAny(ACL_PERMISSION_NUMBERS, wanted.permissionType);
  if (permission === undefined) return unknownNumber('permission', wanted.permissionType);
  const { resourceNameFilter: resourceName, principalFilter: principal, hostFilter: host } = wanted;
  return { resourceType, resourceName, patternType, principal, host, operation, permission };
}

function entryOf({ principal, host, operation, permission }: Acl) {
  return {
    principal,
    host,
    operation: ACL_OPERATION_NUMBERS[operation],
    permissionType: ACL_PERMISSION_NUMBERS[permission],
  };
}

function patternOf({ resourceType, resourceName, patternType }: Acl) {
  return {
    resourceType: ACL_RESOURCE_NUMBERS[resourceType],
    resourceName,
    patternType: ACL_PATTERN_NUMBERS[patternType],
  };
}

/** Null: the client may do it here. Without an authorizer there are no rules to be told or changed, as in Kafka. */
function refuse(context: RequestContext, operation: 'describe' | 'alter'): BrokerError | null {
  if (!context.access.governed) {
    return new BrokerError(
      'security-disabled',
      'No authorizer is configured: set authorizer.class.name, and super.users, and restart the broker.',
    );
  }
  return isAllowedCluster(context, operation) ? null : denied('cluster');
}

/** Rules by their patterns. */
function grouped(acls: Iterable<Acl>): DescribeAclsResponseResource[] {
  const resources = new Map<string, DescribeAclsResponseResource>();
  for (const acl of acls) {
    const key = `${acl.resourceType} ${acl.patternType} ${acl.resourceName}`;
    let resource = resources.get(key);
    if (resource === undefined) resources.set(key, (resource = { ...patternOf(acl), acls: [] }));
    resource.acls.push(entryOf(acl));
  }
  return [...resources.values()];
}

export const describeAcls = defineApi({
  key: API_KEY.DescribeAcls,
  authorization: ['describe cluster'],
  read: readDescribeAclsRequest,
  write: writeDescribeAclsResponse,
  handle(
    context: RequestContext,
    request: DescribeAclsRequest,
    respond: (response: DescribeAclsResponse) => void,
  ) {
    const filter = refuse(context, 'describe') ?? filterOf(request);
    if (filter instanceof BrokerError) {
      const { code, message: errorMessage } = filter;
      return respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS[code], errorMessage, resources: [] });
    }
    const resources = grouped(context.kafka.broker.metadata.image.findAcls(filter));
    respond({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, resources });
  },
});

export const createAcls = defineAsyncApi({
  key: API_KEY.CreateAcls,
  authorization: ['alter cluster'],
  read: readCreateAclsRequest,
  write: writeCreateAclsResponse,
  async handle(context: RequestContext, request: CreateAclsRequest): Promise<CreateAclsResponse> {
    const refusal = refuse(context, 'alter');
    const plans = request.creations.map((creation) => refusal ?? aclOf(creation));
    const acls = plans.filter((plan): plan is Acl => !(plan instanceof BrokerError));
    const answer = acls.length === 0 ? [] : await context.kafka.broker.propose({ kind: 'create-acls', acls });
    let next = 0;
    const results = plans.map((plan) => {
      if (plan instanceof BrokerError) return errorFields(plan);
      const error = answer instanceof BrokerError ? answer : answer[next++]!;
      if (error === null) audited(context, { change: 'rule added', subject: sentence(plan) });
      return errorFields(error);
    });
    return { throttleTimeMs: 0, results };
  },
});

export const deleteAcls = defineAsyncApi({
  key: API_KEY.DeleteAcls,
  authorization: ['alter cluster'],
  read: readDeleteAclsRequest,
  write: writeDeleteAclsResponse,
  async handle(context: RequestContext, request: DeleteAclsRequest): Promise<DeleteAclsResponse> {
    const refusal = refuse(context, 'alter');
    const plans = request.filters.map((wanted) => refusal ?? filterOf(wanted));
    const filters = plans.filter((plan): plan is AclFilter => !(plan instanceof BrokerError));
    const answer =
      filters.length === 0 ? [] : await context.kafka.broker.propose({ kind: 'delete-acls', filters });
    let next = 0;
    const removed = new Set<Acl>();
    const filterResults = plans.map((plan) => {
      if (plan instanceof BrokerError) return { ...errorFields(plan), matchingAcls: [] };
      const result = answer instanceof BrokerError ? answer : answer[next++]!;
      if (result instanceof BrokerError) return { ...errorFields(result), matchingAcls: [] };
      for (const acl of result) removed.add(acl);
      const matchingAcls = result.map((acl) => ({
        ...errorFields(null),
        ...patternOf(acl),
        ...entryOf(acl),
      }));
      return { ...errorFields(null), matchingAcls };
    });
    for (const acl of removed) audited(context, { change: 'rule removed', subject: sentence(acl) });
    return { throttleTimeMs: 0, filterResults };
  },
});

function sentence(acl: Acl): string {
  const { permission, principal, host, operation, resourceType, patternType, resourceName } = acl;
  return `${permission} ${principal} from ${host} to ${operation} ${resourceType} ${patternType} ${resourceName}`;
}
