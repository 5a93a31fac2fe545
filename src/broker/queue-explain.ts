/**
 * Why a message is where it is (queue-engine rule 11): what the subscription knows of it, and what the message itself says. It is
 * read, and nothing changes.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import { filterOf } from '../queue/redriven.ts';
import { isOpened, keyOf, type SelectRules } from '../queue/select.ts';
import { NO_KEY, type StretchState, type Window } from '../queue/window.ts';
import {
  batchBaseOffset,
  batchIsControl,
  batchLastOffset,
  batchRecordCount,
  eachBatch,
} from '../record/batch.ts';
import { recordsSection } from '../record/section.ts';
import { recordTimestampMs } from '../record/timestamps.ts';
import { walkRecords } from '../record/walk.ts';
import type { ChunkLog } from '../store/contract.ts';
import { abortedIn, isOfAborted, NONE_ABORTED } from './aborted.ts';
import type { QueueSubscription, Queues } from './queues.ts';
import { readOnce } from './stored-messages.ts';
import type { Partition } from './topics.ts';

/** Where a message is, and what it waits for. */
export interface Explanation {
  readonly state: StretchState | 'done' | 'new' | 'deleted' | 'not-written';
  /** How often it was handed out. */
  readonly deliveries: number;
  /** Who has it; null: nobody. */
  readonly consumer: string | null;
  /** Since when; ms since 1970, −1: nobody has it. */
  readonly sinceMs: number;
  /** When it is handed out again where nothing is heard, ms since 1970; −1: nothing ends its state by itself. */
  readonly untilMs: number;
  /** In the same partition, the message of the same key that it stands behind; −1: none. */
  readonly behindOffset: number;
  /** Its own time, ms since 1970; −1: it has none, or isn't there. */
  readonly timestampMs: number;
  /** Sentences that say why it is not with a consumer. */
  readonly because: readonly string[];
}

export type MessageState = Explanation['state'];

export function stateOf(window: Window | undefined, { stream }: Partition, offset: number): MessageState {
  if (offset < stream.startOffset) return 'deleted';
  if (offset >= stream.highWatermark) return 'not-written';
  if (offset >= (window?.next ?? 0)) return 'new';
  return window!.at(offset)?.state ?? 'done';
}

/** What stands at an offset. */
interface Found {
  readonly what: 'message' | 'marker' | 'aborted' | 'nothing' | 'unreadable';
  readonly timestampMs: number;
  /** From when on it isn't handed out any more; Infinity: it always is. */
  readonly expiresAtMs: number;
  /** Not a dead letter that was put back for another subscription. */
  readonly isMine: boolean;
  /** Of a message, whether the subscription's filter wants it. */
  readonly isWanted: boolean;
  /** A hash of its key, where the subscription goes by keys. */
  readonly key: number;
}

const NOT_THERE: Found = {
  what: 'nothing',
  timestampMs: -1,
  expiresAtMs: Number.POSITIVE_INFINITY,
  isMine: true,
  isWanted: true,
  key: NO_KEY,
};

/** `partition` is one of the subscription's topic. */
export async function explain(
  { queues, log }: { readonly queues: Queues; readonly log: ChunkLog },
  { subscription, partition, offset }: ExplainRequest,
): Promise<Explanation | BrokerError> {
  const window = subscription.state.windows.get(partition.index);
  const isStored = offset >= partition.stream.startOffset && offset < partition.stream.highWatermark;
  const rules = queues.rulesOf(subscription);
  const { readCommitted } = subscription.state.settings;
  const found = isStored ? await find(log, { partition, offset, rules, readCommitted }) : NOT_THERE;
  if (found instanceof BrokerError) return found;
  // What was read may have taken a while: all else is looked at now.
  const state = stateOf(window, partition, offset);
  const stretch = window?.at(offset);
  const lease = stretch?.lease ?? null;
  const until = lease?.untilMs ?? (stretch?.state === 'waiting' ? stretch.untilMs : undefined);
  const key = stretch?.state === 'blocked' ? stretch.key : state === 'new' ? found.key : NO_KEY;
  const head = key === NO_KEY ? -1 : (window?.headOf(key) ?? -1);
  const reasons = new Reasons({ queues, subscription, partition, offset, window, found, rules });
  return {
    state,
    deliveries: stretch?.deliveries ?? 0,
    consumer: lease?.consumer ?? null,
    sinceMs: lease === null ? -1 : queues.wallMs(lease.sinceMs),
    untilMs: until === undefined ? -1 : queues.wallMs(until),
    behindOffset: head,
    timestampMs: found.timestampMs,
    because: reasons.of(state, head),
  };
}

interface ExplainRequest {
  readonly subscription: QueueSubscription;
  readonly partition: Partition;
  readonly offset: number;
}

interface ReasonParts extends ExplainRequest {
  readonly queues: Queues;
  readonly window: Window | undefined;
  readonly found: Found;
  readonly rules: SelectRules;
}

const SENTENCES: Readonly<Record<Exclude<MessageState, 'new' | 'available'>, string>> = {
  done: 'It is done: acknowledged, dropped, moved to the dead letters, or nobody was to get it.',
  deleted: 'It was removed: retention or a deletion has moved the start of the partition behind it.',
  'not-written': 'There is no message at this offset yet.',
  acquired: 'A consumer has it, and has not said yet what became of it.',
  waiting: 'It was delivered, and is to be delivered again when its time has come.',
  blocked: 'It has to wait for another message with the same key.',
  dead: 'It is on its way to the dead letters.',
};

class Reasons {
  readonly #parts: ReasonParts;

  constructor(parts: ReasonParts) {
    this.#parts = parts;
  }

  /** `head`: the message of its key that it stands behind; −1: none. */
  of(state: MessageState, head: number): string[] {
    const nobodys = this.#nobodys();
    if (state === 'done') return [nobodys ?? SENTENCES.done];
    if (state === 'new' || state === 'available') {
      if (nobodys !== null) return [nobodys];
      const because = this.#whyAvailable(state === 'new');
      return head < 0 ? because : [...because, behind(head)];
    }
    if (state === 'blocked' && head >= 0) return [SENTENCES.blocked, behind(head)];
    if (state === 'dead') return [SENTENCES.dead, this.#whyUnburied()];
    return [SENTENCES[state]];
  }

  /** Null: somebody is to get it. */
  #nobodys(): string | null {
    const { found, subscription, partition } = this.#parts;
    const { filter } = subscription.state.settings;
    switch (found.what) {
      case 'marker':
        return 'The end of a transaction stands here: it is no message.';
      case 'nothing':
        return partition.topic.config.headers === null ? NOTHING : NOTHING_OF_HEADERS;
      case 'aborted':
        return 'It is of a transaction that was aborted: nobody gets it.';
      case 'unreadable':
        return 'Its batch can not be opened, and is handed to nobody: see the log of the broker.';
      case 'message':
        if (!found.isMine)
          return 'It is a dead letter that was put back for the subscription that had buried it: this one does not get it.';
        if (found.isWanted || filter === null) return null;
        return `It does not match the filter of the subscription (${filter.expression}): nobody gets it.`;
    }
  }

  #whyAvailable(isFresh: boolean): string[] {
    const { queues, subscription, window, found, offset, rules, partition } = this.#parts;
    const { settings, activeConsumer } = subscription.state;
    const because: string[] = [];
    const stable = partition.producers.lastStableOffset(partition.stream.highWatermark);
    if (settings.readCommitted && offset >= stable) {
      because.push(
        `It stands behind offset ${stable}, where a transaction is open: it is seen when that has ended.`,
      );
    }
    if (found.expiresAtMs < rules.nowMs) {
      const fate =
        settings.deadLetterTopic === null ? 'it is dropped' : `it goes to ${settings.deadLetterTopic}`;
      because.push(
        `It has expired: it is older than ${found.expiresAtMs - found.timestampMs} ms (ttlMs, or its header ttl-ms). When a consumer asks next, ${fate}.`,
      );
    }
    if (settings.paused) because.push('The subscription is paused: resume it.');
    if ((window?.count('acquired') ?? 0) >= settings.inFlightMax) {
      because.push(
        `Consumers have as many messages of the partition as may be (inFlightMax ${settings.inFlightMax}), and acknowledge none.`,
      );
    }
    if (isFresh && (window?.stretchCount ?? 0) >= settings.stretchesMax) {
      because.push(
        `The partition has ${settings.stretchesMax} ranges of messages that aren't done, as many as are kept (stretchesMax): ` +
          `acknowledge, or purge, those that are stuck.`,
      );
    }
    if (settings.order === 'exclusive' && activeConsumer !== null) {
      because.push(`The subscription is exclusive: consumer '${activeConsumer}' gets all of its messages.`);
    }
    if (queues.waitingConsumers(subscription) === 0) because.push('No consumer waits for messages now.');
    else if (queues.waitingConsumers(subscription, partition.index) === 0)
      because.push('Consumers wait, and none of them for messages of this partition.');
    if (settings.order === 'channels') {
      if (because.length === 0)
        because.push('The next consumer that asks for its channel (its key) gets it.');
      return because;
    }
    const ahead = (window?.count('available') ?? 0) + (isFresh ? offset - (window?.next ?? 0) : 0);
    if (ahead > 1) because.push(`Up to ${ahead} messages of the partition stand before it.`);
    const above = queues.availableAbove(subscription, partition);
    if (above > 0) because.push(`Up to ${above} messages of a higher priority are handed out first.`);
    if (because.length === 0)
      because.push('The next consumer that asks gets it, unless its own filter leaves it for others.');
    return because;
  }

  #whyUnburied(): string {
    const { queues, subscription } = this.#parts;
    const { deadLetterTopic } = subscription.state.settings;
    const failure = queues.deadLetterFailure(subscription);
    if (failure === null) return 'It is moved as soon as the broker comes to it.';
    return `It can not be moved to ${deadLetterTopic}: ${failure.message}. It is tried again every few seconds.`;
  }
}

const NOTHING = 'There is no message at this offset: compaction has removed it, or it never was one.';
const NOTHING_OF_HEADERS =
  'There is no message at this offset: it is delayed, repeats another, or stands in the partition of its priority; or compaction ' +
  'has removed it, or it never was one.';

const behind = (head: number): string =>
  `Offset ${head} has the same key, and is not done yet: see what that waits for.`;

/** Reads what stands at an offset. */
async function find(
  log: ChunkLog,
  {
    partition,
    offset,
    rules,
    readCommitted,
  }: {
    readonly partition: Partition;
    readonly offset: number;
    readonly rules: SelectRules;
    readonly readCommitted: boolean;
  },
): Promise<Found | BrokerError> {
  const read = await readOnce(log, { stream: partition.stream, offset, bytesMax: 1 });
  if (read instanceof BrokerError) return read;
  try {
    const aborted = readCommitted ? abortedIn(partition, read, offset) : NONE_ABORTED;
    for (const batch of eachBatch(read.batches)) {
      const base = batchBaseOffset(batch);
      if (offset < base || offset > batchLastOffset(batch)) continue;
      if (batchIsControl(batch)) return { ...NOT_THERE, what: 'marker' };
      if (isOfAborted(aborted, batch)) return { ...NOT_THERE, what: 'aborted' };
      return findIn(batch, offset, rules);
    }
    return NOT_THERE;
  } finally {
    log.blocks.releaseAll(read.batches);
  }
}

function findIn(batch: Buffer, offset: number, rules: SelectRules): Found {
  let found = NOT_THERE;
  try {
    const section = recordsSection(batch, rules.section);
    const mine = filterOf(batch, { name: rules.name, filter: null });
    walkRecords(section, batchRecordCount(batch), (record) => {
      if (batchBaseOffset(batch) + record.offsetDelta !== offset) return true;
      const timestampMs = recordTimestampMs(batch, record);
      found = {
        what: 'message',
        timestampMs,
        expiresAtMs: rules.expiry?.expiresAtMs(section, record, timestampMs) ?? Number.POSITIVE_INFINITY,
        isMine: mine === null || mine.matches(section, record, timestampMs),
        isWanted: rules.filter === null || rules.filter.matches(section, record, timestampMs),
        key: rules.byKey ? keyOf(section, record) : NO_KEY,
      };
      return false;
    });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { ...NOT_THERE, what: isOpened(batch, rules, filterOf(batch, rules)) ? 'unreadable' : 'message' };
  }
  return found;
}
