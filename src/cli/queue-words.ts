// The settings of subscriptions in words. Pure.

import type { PrintedBytes } from '../broker/admin/answers.ts';
import type { RetryPolicy, SubscriptionSettings } from '../broker/queues.ts';
import { formatAge, formatBytes } from './text.ts';

/** Names and values as `polylog queue describe` prints them: those of the options of `polylog queue set`. */
export function describeSettings(settings: SubscriptionSettings): [name: string, value: string][] {
  const { deliveriesMax, deadLetterTopic, filter, ttlMs, lengthMax, bytesMax } = settings;
  return [
    ['order', settings.order],
    ['deliveries', deliveriesMax === 0 ? 'no end' : String(deliveriesMax)],
    ['dead-letter-topic', deadLetterTopic ?? 'none: what is dead is dropped'],
    ['lock', formatAge(settings.lockMs)],
    ['retry', describeRetry(settings.retry)],
    ['ttl', ttlMs === 0 ? 'no end' : formatAge(ttlMs)],
    ['filter', filter === null ? 'all' : `${filter.type}: ${filter.expression}`],
    ['length', lengthMax === 0 ? 'no end' : `${lengthMax}, then ${settings.overflow}`],
    ['bytes', bytesMax === 0 ? 'no end' : `${formatBytes(bytesMax)}, then ${settings.overflow}`],
    ['in-flight', String(settings.inFlightMax)],
    ['stretches', String(settings.stretchesMax)],
    ['isolation', settings.readCommitted ? 'read committed' : 'read uncommitted'],
  ];
}

function describeRetry(retry: RetryPolicy): string {
  if (retry.kind === 'list') return retry.delaysMs.map(formatAge).join(', ');
  const { firstMs, factor, maxMs, jitter } = retry;
  const spread = jitter === 0 ? '' : `, up to ${Math.round(100 * jitter)} % less by chance`;
  return `after ${formatAge(firstMs)}, then ${factor} times as long each, ${formatAge(maxMs)} at most${spread}`;
}

/** Text, or base64 with a word that says so; `null` where there is nothing, and … where more was cut off. */
export function printedText(bytes: Partial<PrintedBytes> | null): string {
  if (bytes === null || bytes.bytes === undefined) return 'null';
  const { text, base64 } = bytes;
  const shown = text === undefined ? `base64:${base64 ?? ''}` : text;
  const shownBytes = text === undefined ? Buffer.byteLength(base64 ?? '', 'base64') : Buffer.byteLength(text);
  return shownBytes < bytes.bytes ? `${shown}…` : shown;
}
