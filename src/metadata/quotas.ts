/**
 * Client quotas: to whom a limit applies, which limits there are, and what they take. KIP-13, KIP-55 (users), KIP-124
 * (request share), KIP-599 (controller mutations), KIP-612 (connections by address); names as in Kafka 4.3.
 */
import { BrokerError } from '../base/errors.ts';
import { canonicalAddress } from '../base/ip-address.ts';

/** Null names the default of a type: whoever has no quota of its own. A type that is absent plays no part. */
export interface QuotaEntity {
  readonly user?: string | null;
  readonly clientId?: string | null;
  readonly ip?: string | null;
}

/** Kafka's words for the types. */
export type QuotaEntityType = 'user' | 'client-id' | 'ip';

/** A type with a name, in the order in which a request has them. */
export type QuotaEntityPart = readonly [type: string, name: string | null];

export type QuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'
  | 'connection_creation_rate';

export interface Quota {
  readonly entity: QuotaEntity;
  /** Never empty. Greater than 0. */
  readonly values: ReadonlyMap<QuotaKey, number>;
}

interface KeyRule {
  /** Largest whole number; null: any number, with a fraction too. */
  readonly wholeMax: number | null;
  readonly of: 'clients' | 'addresses';
}

const KEY_RULES: ReadonlyMap<string, KeyRule> = new Map<QuotaKey, KeyRule>([
  ['producer_byte_rate', { wholeMax: 2 ** 63, of: 'clients' }],
  ['consumer_byte_rate', { wholeMax: 2 ** 63, of: 'clients' }],
  ['request_percentage', { wholeMax: null, of: 'clients' }],
  ['controller_mutation_rate', { wholeMax: null, of: 'clients' }],
  ['connection_creation_rate', { wholeMax: 2 ** 31 - 1, of: 'addresses' }],
]);

/** Kafka takes what differs from a whole number by less. */
const WHOLE_EPSILON = 1e-6;
const NAME_CHARACTERS_MAX = 1024;

/** Equal for equal entities only: names may hold anything, so lengths stand before them. */
export function quotaEntityKey({ user, clientId, ip }: QuotaEntity): string {
  return [user, clientId, ip]
    .map((name) => (name === undefined ? '-' : name === null ? '*' : `${name.length}:${name}`))
    .join('/');
}

/** The parts of an entity, in Kafka's words. */
export function quotaEntityParts({ user, clientId, ip }: QuotaEntity): [QuotaEntityType, string | null][] {
  const parts: [QuotaEntityType, string | null][] = [];
  if (user !== undefined) parts.push(['user', user]);
  if (clientId !== undefined) parts.push(['client-id', clientId]);
  if (ip !== undefined) parts.push(['ip', ip]);
  return parts;
}

function refusal(message: string): BrokerError {
  return new BrokerError('invalid-request', message);
}

/** The entity that a request names, or invalid-request. */
export function checkQuotaEntity(parts: readonly QuotaEntityPart[]): QuotaEntity | BrokerError {
  const entity: { user?: string | null; clientId?: string | null; ip?: string | null } = {};
  for (const [type, name] of parts) {
    const field = fieldOf(type);
    if (field === null) {
      return refusal(`The quota entity type "${type}" is unknown: name user, client-id or ip.`);
    }
    if (entity[field] !== undefined)
      return refusal(`The quota entity names its ${type} twice: name it once.`);
    if (name === '')
      return refusal(`The ${type} of a quota can't be empty: give a name, or null for the default.`);
    if (name !== null && name.length > NAME_CHARACTERS_MAX) {
      return refusal(`The ${type} of a quota has at most ${NAME_CHARACTERS_MAX} characters.`);
    }
    const given = field === 'ip' && name !== null ? canonicalAddress(name) : name;
    if (given === null && name !== null)
      return refusal(`"${name}" is no IP address: give one, not a host name.`);
    entity[field] = given;
  }
  if (parts.length === 0) return refusal('A quota is for a user, a client-id or an ip: name one.');
  if (entity.ip !== undefined && parts.length > 1) {
    return refusal('A quota for an ip stands alone: leave out user and client-id.');
  }
  return entity;
}

function fieldOf(type: string): 'user' | 'clientId' | 'ip' | null {
  if (type === 'user' || type === 'ip') return type;
  return type === 'client-id' ? 'clientId' : null;
}

/** Null where `entity` may have this limit. */
export function checkQuotaValue(entity: QuotaEntity, key: string, value: number): BrokerError | null {
  const rule = KEY_RULES.get(key);
  const of = entity.ip === undefined ? 'clients' : 'addresses';
  if (rule === undefined || rule.of !== of) {
    const known = [...KEY_RULES].filter(([, { of: one }]) => one === of).map(([name]) => name);
    return refusal(`There is no quota "${key}" for ${of}: name ${known.join(', ')}.`);
  }
  if (!(value > 0) || !Number.isFinite(value)) {
    return refusal(`The quota ${key} must be greater than 0, and is ${value}: remove it for no limit.`);
  }
  if (rule.wholeMax === null) return null;
  if (value > rule.wholeMax) return refusal(`The quota ${key} is too large: at most ${rule.wholeMax}.`);
  if (Math.abs(Math.trunc(value + WHOLE_EPSILON) - value) > WHOLE_EPSILON) {
    return refusal(`The quota ${key} can't have a fraction: ${value} is none of its values.`);
  }
  return null;
}

/** What DescribeClientQuotas asks of a type of entities. */
export interface QuotaFilter {
  readonly type: string;
  /** `any`: every name of the type, the default too. */
  readonly match: { readonly kind: 'exact'; readonly name: string } | { readonly kind: 'default' | 'any' };
}

/**
 * Quotas whose entities have all types of the filters, with the names asked for; with `strict` no other types. No filter
 * and not strict: all. Errors: invalid-request, and unsupported-version for an unknown type, as in Kafka.
 */
export function findQuotas(
  quotas: Iterable<Quota>,
  filters: readonly QuotaFilter[],
  strict: boolean,
): Quota[] | BrokerError {
  const problem = checkFilters(filters);
  if (problem !== null) return problem;
  const wanted = filters.map(({ type, match }) => {
    const name =
      match.kind === 'exact' && type === 'ip' ? (canonicalAddress(match.name) ?? match.name) : null;
    return { field: fieldOf(type)!, match: name === null ? match : { kind: 'exact' as const, name } };
  });
  const found: Quota[] = [];
  for (const quota of quotas) {
    if (strict && quotaEntityParts(quota.entity).length !== wanted.length) continue;
    const matches = wanted.every(({ field, match }) => {
      const name = quota.entity[field];
      if (name === undefined) return false;
      return match.kind === 'any' || name === (match.kind === 'exact' ? match.name : null);
    });
    if (matches) found.push(quota);
  }
  return found;
}

function checkFilters(filters: readonly QuotaFilter[]): BrokerError | null {
  const types = new Set<string>();
  for (const { type } of filters) {
    if (type === '') return refusal('A filter needs an entity type: user, client-id or ip.');
    if (types.has(type)) return refusal(`The filter names the type ${type} twice: name it once.`);
    types.add(type);
    if (fieldOf(type) === null) {
      return new BrokerError(
        'unsupported-version',
        `Quotas have no entity type "${type}": name user, client-id or ip.`,
      );
    }
  }
  if (types.has('ip') && types.size > 1)
    return refusal('A filter for ip stands alone: leave out user and client-id.');
  return null;
}
