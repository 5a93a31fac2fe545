// The settings of a subscription as options of commands.

import { type Command, Option } from 'commander';
import type { SubscriptionSettings } from '../broker/queues.ts';
import { parseBytes, parseDuration, parseInteger, parseNumber } from './arguments.ts';
import { usageError } from './errors.ts';

export interface SettingsFlags {
  readonly order?: SubscriptionSettings['order'];
  readonly deliveries?: string;
  /** False: --no-dead-letter-topic. */
  readonly deadLetterTopic?: string | false;
  readonly retry?: string;
  readonly retryFactor?: string;
  readonly retryJitter?: string;
  readonly lock?: string;
  readonly tags?: string;
  /** False: --no-filter. */
  readonly filter?: string | false;
  readonly ttl?: string;
  readonly length?: string;
  readonly bytes?: string;
  readonly overflow?: SubscriptionSettings['overflow'];
  readonly inFlight?: string;
  readonly stretches?: string;
  readonly isolation?: 'read-committed' | 'read-uncommitted';
}

export function addSettingsOptions(command: Command): Command {
  return command
    .option('--deliveries <n>', 'how often a message is handed out before it is dead; 0: without end')
    .option('--dead-letter-topic <topic>', 'where dead messages go; it is made where it is not there')
    .option('--no-dead-letter-topic', 'dead messages are dropped')
    .option(
      '--retry <delays>',
      'when a failed message comes again: 1s,10s,1m, or 1s..10m, twice as long each time',
    )
    .option('--retry-factor <n>', 'with --retry 1s..10m: how much longer each time (2)')
    .option(
      '--retry-jitter <part>',
      'with --retry 1s..10m: up to this part is taken off by chance, 0 to 1 (0)',
    )
    .option('--lock <time>', 'how long a consumer has a message where it does not say')
    .option('--filter <condition>', 'only messages whose headers match, as in SQL-92: "region = \'eu\'"')
    .option('--tags <tags>', 'only messages with one of these tags: "red || blue"')
    .option('--no-filter', 'all messages')
    .option('--ttl <time>', 'messages that are older are dead; 0: none are')
    .option('--length <n>', 'how many messages may wait; 0: without end')
    .option('--bytes <size>', 'how many bytes may wait, e.g. 100M; 0: without end')
    .addOption(
      new Option('--overflow <policy>', 'what becomes of what is too much').choices([
        'drop-head',
        'dead-letter',
        'refuse',
      ]),
    )
    .option('--in-flight <n>', 'messages of one partition that consumers have at one time')
    .option('--stretches <n>', 'ranges of messages that are kept of one partition')
    .addOption(
      new Option('--isolation <level>', 'whether messages of open transactions are seen').choices([
        'read-committed',
        'read-uncommitted',
      ]),
    );
}

type Changes = { -readonly [Name in keyof SubscriptionSettings]?: SubscriptionSettings[Name] };

/** Those settings that the options name. */
export function settingsOf(flags: SettingsFlags): Partial<SubscriptionSettings> {
  const changes: Changes = {};
  if (flags.order !== undefined) changes.order = flags.order;
  if (flags.overflow !== undefined) changes.overflow = flags.overflow;
  if (flags.deadLetterTopic !== undefined) changes.deadLetterTopic = flags.deadLetterTopic || null;
  const filter = filterOf(flags);
  if (filter !== undefined) changes.filter = filter;
  const retry = retryOf(flags);
  if (retry !== undefined) changes.retry = retry;
  for (const [setting, flag, option] of COUNTS) {
    const value = flags[flag];
    if (value !== undefined) changes[setting] = parseInteger(value, { name: option });
  }
  if (flags.bytes !== undefined) changes.bytesMax = parseBytes(flags.bytes, '--bytes');
  if (flags.lock !== undefined) changes.lockMs = parseDuration(flags.lock, '--lock');
  if (flags.ttl !== undefined) changes.ttlMs = parseDuration(flags.ttl, '--ttl');
  if (flags.isolation !== undefined) changes.readCommitted = flags.isolation === 'read-committed';
  return changes;
}

const COUNTS = [
  ['deliveriesMax', 'deliveries', '--deliveries'],
  ['lengthMax', 'length', '--length'],
  ['inFlightMax', 'inFlight', '--in-flight'],
  ['stretchesMax', 'stretches', '--stretches'],
] as const;

/** Of --filter, --tags and --no-filter; undefined: none is given. */
export function filterOf({
  filter,
  tags,
}: Pick<SettingsFlags, 'filter' | 'tags'>): Changes['filter'] | undefined {
  if (filter !== undefined && tags !== undefined) throw usageError('--filter and --tags exclude each other');
  if (filter === false) return null;
  if (filter !== undefined) return { type: 'sql', expression: filter };
  return tags === undefined ? undefined : { type: 'tag', expression: tags };
}

function retryOf({ retry, retryFactor, retryJitter }: SettingsFlags): Changes['retry'] | undefined {
  const ends = retry?.split('..') ?? [];
  if (ends.length === 2) {
    return {
      kind: 'exponential',
      firstMs: parseDuration(ends[0]!, '--retry'),
      maxMs: parseDuration(ends[1]!, '--retry'),
      factor: parseNumber(retryFactor ?? '2', '--retry-factor'),
      jitter: parseNumber(retryJitter ?? '0', '--retry-jitter'),
    };
  }
  if (retryFactor !== undefined || retryJitter !== undefined) {
    throw usageError('--retry-factor and --retry-jitter go with --retry FIRST..LONGEST, for example 1s..10m');
  }
  if (retry === undefined) return undefined;
  return { kind: 'list', delaysMs: retry.split(',').map((each) => parseDuration(each, '--retry')) };
}
