/**
 * Decisions of the metadata machine about client quotas. Each entry has its own result; a refused one changes nothing. As in
 * Kafka's ClientQuotaControlManager only the first entry of an entity counts.
 */
import { BrokerError } from '../base/errors.ts';
import type { AlterQuota, AlterQuotas } from './commands.ts';
import {
  checkQuotaEntity,
  checkQuotaValue,
  type QuotaEntity,
  type QuotaKey,
  quotaEntityKey,
} from './quotas.ts';
import type { QuotaRecord } from './records.ts';
import type { MetadataState } from './state.ts';

/** Entities with quotas; each costs some hundred bytes, and naming all of them is one answer. */
export const QUOTA_ENTITIES_MAX = 10_000;

const NONE: ReadonlyMap<QuotaKey, number> = new Map();

export function alterQuotas(
  state: MetadataState,
  command: AlterQuotas,
): { readonly records: readonly QuotaRecord[]; readonly answer: readonly (BrokerError | null)[] } {
  const records: QuotaRecord[] = [];
  const seen = new Set<string>();
  let count = state.quotas.size;
  const answer = command.entries.map((entry): BrokerError | null => {
    const entity = checkQuotaEntity(entry.entity);
    if (entity instanceof BrokerError) return entity;
    const key = quotaEntityKey(entity);
    if (seen.size === seen.add(key).size) {
      return invalid('The request names an entity more than once: all but its first entry are ignored.');
    }
    const before = state.quotas.get(key)?.values ?? NONE;
    const values = changeValues(entity, entry, before);
    if (values instanceof BrokerError) return values;
    const difference = Math.sign(values.size) - Math.sign(before.size);
    if (difference > 0 && count >= QUOTA_ENTITIES_MAX) {
      return new BrokerError(
        'policy-violation',
        `${QUOTA_ENTITIES_MAX} users, client ids and addresses have quotas, and more may not: remove some, or use defaults.`,
      );
    }
    count += difference;
    if (!sameValues(before, values)) records.push({ kind: 'quota', entity, values });
    return null;
  });
  return { records: command.validateOnly ? [] : records, answer };
}

const invalid = (message: string): BrokerError => new BrokerError('invalid-request', message);

function changeValues(
  entity: QuotaEntity,
  { changes }: AlterQuota,
  before: ReadonlyMap<QuotaKey, number>,
): ReadonlyMap<QuotaKey, number> | BrokerError {
  const after = new Map<string, number>(before);
  const named = new Set<string>();
  for (const { key, value } of changes) {
    if (named.size === named.add(key).size) {
      return invalid(`The request names ${key} more than once for an entity, of which nothing is changed.`);
    }
    if (value === null) {
      after.delete(key);
      continue;
    }
    const problem = checkQuotaValue(entity, key, value);
    if (problem !== null) return problem;
    after.set(key, value);
  }
  // Names that aren't keys were refused.
  return after as ReadonlyMap<QuotaKey, number>;
}

function sameValues(a: ReadonlyMap<QuotaKey, number>, b: ReadonlyMap<QuotaKey, number>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
