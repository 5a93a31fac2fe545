/** The settings of a subscription as fields of a command: those of `SubscriptionSettings` by their names, some or all of them. */
import { BrokerError } from '../../base/errors.ts';
import { FILTER_CHARACTERS_MAX, FILTER_TYPES } from '../../filter/filter.ts';
import { checkTopicName } from '../../metadata/topic-names.ts';
import { OVERFLOWS, QUEUE_ORDERS } from '../../queue/settings.ts';
import type { RetryPolicy, SubscriptionSettings } from '../queues.ts';
import { type Fields, NATURAL } from './fields.ts';

const RETRY_DELAYS_MAX = 1000;

type Changes = { -readonly [Name in keyof SubscriptionSettings]?: SubscriptionSettings[Name] };

/** What the engine checks itself has no narrower bounds here. Throws BrokerError `invalid-request`, or `invalid-topic` for a name that no topic can have. */
export function readSettings(fields: Fields): Partial<SubscriptionSettings> {
  const changes: Changes = {};
  const put = <Name extends keyof Changes>(name: Name, value: Changes[Name] | undefined): void => {
    if (value !== undefined) changes[name] = value;
  };
  put('order', fields.choiceIfGiven('order', QUEUE_ORDERS));
  put('overflow', fields.choiceIfGiven('overflow', OVERFLOWS));
  for (const name of NUMBERS) put(name, fields.integerIfGiven(name, NATURAL));
  for (const name of ['paused', 'readCommitted'] as const) put(name, fields.booleanIfGiven(name));
  put('deadLetterTopic', fields.isNull('deadLetterTopic') ? null : readTopicName(fields));
  put('filter', fields.isNull('filter') ? null : readFilter(fields.objectIfGiven('filter')));
  const retry = fields.objectIfGiven('retry');
  if (retry !== undefined) put('retry', readRetry(retry));
  fields.end();
  return changes;
}

const NUMBERS = [
  'deliveriesMax',
  'lockMs',
  'ttlMs',
  'lengthMax',
  'bytesMax',
  'inFlightMax',
  'stretchesMax',
] as const;

function readTopicName(fields: Fields): string | undefined {
  const name = fields.textIfGiven('deadLetterTopic');
  const refusal = name === undefined ? null : checkTopicName(name);
  if (refusal !== null) throw refusal;
  return name;
}

export function readFilter(
  fields: Fields | undefined,
): NonNullable<SubscriptionSettings['filter']> | undefined {
  if (fields === undefined) return undefined;
  const type = fields.choiceIfGiven('type', FILTER_TYPES);
  const expression = fields.textIfGiven('expression', FILTER_CHARACTERS_MAX);
  fields.end();
  if (type === undefined || expression === undefined) {
    throw new BrokerError('invalid-request', 'a filter has a type (tag, sql) and an expression');
  }
  return { type, expression };
}

function readRetry(fields: Fields): RetryPolicy {
  const kind = fields.choiceIfGiven('kind', ['exponential', 'list']);
  if (kind === 'list') {
    const delaysMs = fields.listIfGiven('delaysMs', RETRY_DELAYS_MAX) ?? [];
    fields.end();
    if (!delaysMs.every((delay): delay is number => Number.isInteger(delay))) {
      throw new BrokerError('invalid-request', 'the delays of a retry are integers, in ms');
    }
    return { kind, delaysMs };
  }
  if (kind === undefined)
    throw new BrokerError('invalid-request', 'a retry has a kind: exponential, or list');
  const retry: RetryPolicy = {
    kind,
    firstMs: fields.integer('firstMs', NATURAL),
    factor: fields.numberIfGiven('factor', { min: 1, max: 100 }) ?? 2,
    maxMs: fields.integer('maxMs', NATURAL),
    jitter: fields.numberIfGiven('jitter', { min: 0, max: 1 }) ?? 0,
  };
  fields.end();
  return retry;
}
