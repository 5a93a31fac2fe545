// Quotas as commands speak of them, and as the client library does.

import type { alterClientQuotasV1, describeClientQuotasV0 } from '@platformatic/kafka';

export type QuotaEntityType = 'user' | 'client-id' | 'ip';

/** Who has a quota; a null name is the default of the type. */
export type QuotaEntity = readonly { readonly type: QuotaEntityType; readonly name: string | null }[];

/** A null value removes a quota. */
export type QuotaChanges = readonly (readonly [key: string, value: number | null])[];

export interface CliQuota {
  readonly entity: QuotaEntity;
  readonly values: readonly (readonly [key: string, value: number])[];
}

const MATCH_EXACT = 0;
const MATCH_DEFAULT = 1;

type Filters = Parameters<typeof describeClientQuotasV0.createRequest>[0];
type Alteration = Parameters<typeof alterClientQuotasV1.createRequest>[0][number];

/** What a request names to find an entity; the library's types know no name that is null. */
export function quotaFilters(entity: QuotaEntity): Filters {
  return entity.map(({ type, name }) => ({
    entityType: type,
    matchType: name === null ? MATCH_DEFAULT : MATCH_EXACT,
    match: name,
  })) as Filters;
}

export function quotaOf(found: {
  readonly entity: readonly {
    readonly entityType: QuotaEntityType;
    readonly entityName?: string | null | undefined;
  }[];
  readonly values: readonly { readonly key: string; readonly value: number }[];
}): CliQuota {
  return {
    entity: found.entity.map(({ entityType: type, entityName: name }) => ({ type, name: name ?? null })),
    values: found.values.map(({ key, value }) => [key, value]),
  };
}

export function quotaAlteration(entity: QuotaEntity, changes: QuotaChanges): Alteration {
  return {
    entities: entity.map(({ type, name }) => ({ entityType: type, entityName: name })),
    ops: changes.map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  } as Alteration;
}
