/** DescribeClientQuotas and AlterClientQuotas (keys 48, 49). KIP-546. */
import { BrokerError } from '../../../base/errors.ts';
import type { Quota, QuotaFilter } from '../../../metadata/commands.ts';
import { defineApi, defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  type AlterClientQuotasResponseResult,
  readAlterClientQuotasRequest,
  writeAlterClientQuotasResponse,
} from '../codec/generated/alter-client-quotas.ts';
import {
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasRequestComponent,
  type DescribeClientQuotasResponse,
  type DescribeClientQuotasResponseEntry,
  readDescribeClientQuotasRequest,
  writeDescribeClientQuotasResponse,
} from '../codec/generated/describe-client-quotas.ts';
import { errorFields, KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowedCluster } from './authorize.ts';

const MATCH_EXACT = 0;
const MATCH_DEFAULT = 1;
const MATCH_ANY = 2;

function filterOf(component: DescribeClientQuotasRequestComponent): QuotaFilter | BrokerError {
  const { entityType: type, matchType, match } = component;
  if (matchType === MATCH_EXACT && match !== null) return { type, match: { kind: 'exact', name: match } };
  if (matchType === MATCH_DEFAULT && match === null) return { type, match: { kind: 'default' } };
  if (matchType === MATCH_ANY && match === null) return { type, match: { kind: 'any' } };
  return new BrokerError(
    'invalid-request',
    `A filter for ${type} has match type ${matchType} ${match === null ? 'without' : 'with'} a name: ` +
      'give 0 (exact) with one, 1 (default) or 2 (any) without.',
  );
}

function entryOf({ entity, values }: Quota): DescribeClientQuotasResponseEntry {
  const { user, clientId, ip } = entity;
  const named = [
    { entityType: 'user', entityName: user },
    { entityType: 'client-id', entityName: clientId },
    { entityType: 'ip', entityName: ip },
  ];
  return {
    entity: named.flatMap(({ entityType, entityName }) =>
      entityName === undefined ? [] : [{ entityType, entityName }],
    ),
    values: Array.from(values, ([key, value]) => ({ key, value })),
  };
}

export const describeClientQuotas = defineApi({
  key: API_KEY.DescribeClientQuotas,
  authorization: ['describe-configs cluster'],
  read: readDescribeClientQuotasRequest,
  write: writeDescribeClientQuotasResponse,
  handle(
    context: RequestContext,
    request: DescribeClientQuotasRequest,
    respond: (response: DescribeClientQuotasResponse) => void,
  ) {
    if (!isAllowedCluster(context, 'describe-configs')) return respond(refused(denied('cluster')));
    const filters: QuotaFilter[] = [];
    for (const component of request.components) {
      const filter = filterOf(component);
      if (filter instanceof BrokerError) return respond(refused(filter));
      filters.push(filter);
    }
    const found = context.kafka.broker.metadata.image.findQuotas(filters, request.strict);
    if (found instanceof BrokerError) return respond(refused(found));
    respond({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, entries: found.map(entryOf) });
  },
});

function refused(error: BrokerError): DescribeClientQuotasResponse {
  return {
    throttleTimeMs: 0,
    ...errorFields(error),
    entries: null,
  };
}

export const alterClientQuotas = defineAsyncApi({
  key: API_KEY.AlterClientQuotas,
  authorization: ['alter-configs cluster'],
  read: readAlterClientQuotasRequest,
  write: writeAlterClientQuotasResponse,
  async handle(
    context: RequestContext,
    request: AlterClientQuotasRequest,
  ): Promise<AlterClientQuotasResponse> {
    if (!isAllowedCluster(context, 'alter-configs')) {
      const { code, message: errorMessage } = denied('cluster');
      const errorCode = KAFKA_ERRORS[code];
      const entries = request.entries.map(({ entity }) => ({ errorCode, errorMessage, entity }));
      return { throttleTimeMs: 0, entries };
    }
    const results = await context.kafka.broker.propose({
      kind: 'alter-quotas',
      entries: request.entries.map(({ entity, ops }) => ({
        entity: entity.map(({ entityType, entityName }) => [entityType, entityName] as const),
        changes: ops.map(({ key, value, remove }) => ({ key, value: remove ? null : value })),
      })),
      validateOnly: request.validateOnly,
    });
    const answers = new Map<string, AlterClientQuotasResponseResult>();
    request.entries.forEach(({ entity, ops }, i) => {
      const error = results instanceof BrokerError ? results : results[i]!;
      if (error === null && !request.validateOnly) {
        const subject = entity.map(
          ({ entityType, entityName }) => `${entityType} ${entityName ?? '(default)'}`,
        );
        const detail = ops.map(({ key, value, remove }) => `${key} ${remove ? 'removed' : value}`);
        audited(context, { change: 'quota changed', subject: subject.join(', '), detail: detail.join(', ') });
      }
      answers.set(entityKey(entity), { ...errorFields(error), entity });
    });
    return { throttleTimeMs: 0, entries: [...answers.values()] };
  },
});

/** An entity has one answer, however often the request names it: its last, which is that it stands more than once. */
function entityKey(entity: AlterClientQuotasRequest['entries'][number]['entity']): string {
  return JSON.stringify(entity.map(({ entityType, entityName }) => [entityType, entityName]).sort());
}
