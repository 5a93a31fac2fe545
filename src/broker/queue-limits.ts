/**
 * Keeps subscriptions within their length: where more messages wait than may, the oldest are dropped or go to the dead letters, or
 * publishers are refused until there is room. Looked at when a stream or the subscription moves; nothing is polled.
 */
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import { knownWindow } from '../queue/model.ts';
import type { Pass } from '../queue/passes.ts';
import { availableIn, undoneIn } from '../queue/window.ts';
import type { Stream, StreamWatcher } from '../store/contract.ts';
import type { QueueRuntime, QueueSubscription } from './queues.ts';
import { endOf } from './subscription-reader.ts';
import type { Partition } from './topics.ts';

/** Ranges that one look drops at most of a partition. */
const RANGES_MAX = 1000;

class Follower implements StreamWatcher {
  readonly subscription: QueueSubscription;
  streams: readonly Stream[] = [];
  scheduled = false;
  readonly #moved: (follower: Follower) => void;

  constructor(subscription: QueueSubscription, moved: (follower: Follower) => void) {
    this.subscription = subscription;
    this.#moved = moved;
  }

  streamMoved(): void {
    this.#moved(this);
  }
}

export class QueueLimits {
  readonly #runtime: QueueRuntime;
  readonly #followers = new Map<number, Follower>();
  /** Subscriptions that have no room, by topic. */
  readonly #full = new Map<Uuid, Set<QueueSubscription>>();

  constructor(runtime: QueueRuntime) {
    this.#runtime = runtime;
  }

  /** Why nothing may be published to a topic; null: it may. */
  refusal(topicId: Uuid): BrokerError | null {
    const [full] = this.#full.get(topicId) ?? [];
    if (full === undefined) return null;
    const { name, state } = full;
    const { lengthMax, bytesMax } = state.settings;
    const limit = lengthMax > 0 ? `${lengthMax} messages` : `${bytesMax} bytes`;
    return new BrokerError(
      'queue-full',
      `Subscription '${name}' has no room (${limit}): try again when its consumers have made some.`,
    );
  }

  /** Follows a subscription that has a limit now, and no other. */
  follow(subscription: QueueSubscription): void {
    const { lengthMax, bytesMax } = subscription.state.settings;
    if (subscription.isGone || (lengthMax === 0 && bytesMax === 0)) return this.#unfollow(subscription);
    if (!this.#followers.has(subscription.id)) {
      const follower = new Follower(subscription, (moved) => this.#schedule(moved));
      this.#followers.set(subscription.id, follower);
      this.#watch(follower);
    }
    this.moved(subscription);
  }

  /** Something of a subscription was settled, or its settings have changed. */
  moved({ id }: QueueSubscription): void {
    const follower = this.#followers.get(id);
    if (follower !== undefined) this.#schedule(follower);
  }

  #unfollow(subscription: QueueSubscription): void {
    const follower = this.#followers.get(subscription.id);
    if (follower === undefined) return;
    this.#followers.delete(subscription.id);
    for (const stream of follower.streams) this.#runtime.log.unwatch(stream, follower);
    this.#hasRoom(subscription);
  }

  #watch(follower: Follower): void {
    const partitions = this.#partitionsOf(follower.subscription);
    if (partitions.length === follower.streams.length) return;
    for (const stream of follower.streams) this.#runtime.log.unwatch(stream, follower);
    follower.streams = partitions.map(({ stream }) => stream);
    for (const stream of follower.streams) this.#runtime.log.watch(stream, follower);
  }

  #schedule(follower: Follower): void {
    if (follower.scheduled) return;
    follower.scheduled = true;
    this.#runtime.clock.afterTurn(() => {
      follower.scheduled = false;
      if (this.#followers.get(follower.subscription.id) === follower) this.#look(follower);
    });
  }

  #look(follower: Follower): void {
    const { subscription } = follower;
    if (subscription.isGone) return this.#unfollow(subscription);
    this.#watch(follower);
    const { overflow } = subscription.state.settings;
    const partitions = this.#partitionsOf(subscription);
    const excess = excessOf(subscription, partitions);
    if (overflow === 'refuse') {
      if (excess < 0) this.#hasRoom(subscription);
      else this.#hasNone(subscription);
      return;
    }
    this.#hasRoom(subscription);
    // What has waited until now may be the oldest, e.g. after a restart: it is available in a moment, and the look comes again then.
    if (excess <= 0 || isDue(subscription, this.#runtime.steadyMs())) return;
    const reason = overflow === 'dead-letter' ? 'maxlen' : null;
    let left = excess;
    for (const level of byPriority(partitions)) {
      const lengths = level.map((partition) => lengthOf(subscription, partition));
      const shares = sharesOf(lengths, left);
      for (const [i, partition] of level.entries()) {
        left -= shares[i]!;
        const ranges = shares[i] === 0 ? [] : oldest(subscription, partition, shares[i]!, reason);
        if (ranges.length > 0) this.#runtime.pass(subscription, partition.index, ranges);
      }
      if (left <= 0) return;
    }
  }

  #partitionsOf(subscription: QueueSubscription): readonly Partition[] {
    const partitions = this.#runtime.partitionsOf(subscription, null);
    return partitions instanceof BrokerError ? [] : partitions;
  }

  #hasNone(subscription: QueueSubscription): void {
    let full = this.#full.get(subscription.topicId);
    if (full === undefined) this.#full.set(subscription.topicId, (full = new Set()));
    full.add(subscription);
  }

  #hasRoom(subscription: QueueSubscription): void {
    const full = this.#full.get(subscription.topicId);
    if (full?.delete(subscription) === true && full.size === 0) this.#full.delete(subscription.topicId);
  }
}

/** Whether waits have ended that the machine hasn't looked at yet. */
const isDue = ({ state }: QueueSubscription, nowMs: number): boolean =>
  (state.waits.peek()?.untilMs ?? Number.POSITIVE_INFINITY) <= nowMs;

/** Messages that are too many; below 0: so many fit. */
function excessOf({ state }: QueueSubscription, partitions: readonly Partition[]): number {
  const { lengthMax, bytesMax } = state.settings;
  let length = 0;
  let bytes = 0;
  for (const { index, stream } of partitions) {
    const window = state.windows.get(index);
    const { startOffset, endOffset } = stream;
    // What is dead takes nobody's room.
    const undone = undoneIn(window, { startOffset, highWatermark: endOffset }) - (window?.count('dead') ?? 0);
    length += undone;
    // By the average message of the partition.
    const stored = endOffset - startOffset;
    if (stored > 0) bytes += (stream.sizeBytes * undone) / stored;
  }
  const byLength = lengthMax === 0 ? Number.NEGATIVE_INFINITY : length - lengthMax;
  if (bytesMax === 0 || length === 0) return byLength;
  return Math.max(byLength, Math.ceil((bytes - bytesMax) / (bytes / length)));
}

/** Partitions by their priority, the lowest first. */
function byPriority(partitions: readonly Partition[]): readonly (readonly Partition[])[] {
  const levels = partitions[0]?.topic.config.priorityLevels ?? 1;
  if (levels === 1) return [partitions];
  return Array.from({ length: levels }, (_, level) =>
    partitions.filter(({ index }) => index % levels === level),
  );
}

/** Messages of a partition that may be given up. */
function lengthOf(subscription: QueueSubscription, partition: Partition): number {
  const { startOffset } = partition.stream;
  const highWatermark = endOf(subscription, partition);
  return availableIn(subscription.state.windows.get(partition.index), { startOffset, highWatermark });
}

/** How many each of these gives up of `excess`: the longest the most, so that what is left is as even as can be. */
export function sharesOf(lengths: readonly number[], excess: number): number[] {
  const shares = lengths.map(() => 0);
  const longest = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!);
  let sum = 0;
  let count = 0;
  let kept = 0;
  // So many of the longest are cut to one length that they keep no less than the next has.
  do {
    sum += lengths[longest[count]!] ?? 0;
    count++;
    kept = Math.max(0, (sum - excess) / count);
  } while (count < lengths.length && kept < lengths[longest[count]!]!);
  let left = Math.min(excess, sum);
  for (let i = 0; i < count && left > 0; i++) {
    const share = Math.min(left, lengths[longest[i]!]! - Math.floor(kept));
    shares[longest[i]!] = share;
    left -= share;
  }
  return shares;
}

/** The oldest available offsets, `count` of them or fewer. */
function oldest(
  subscription: QueueSubscription,
  partition: Partition,
  count: number,
  reason: Pass['reason'],
): Pass[] {
  const ranges: Pass[] = [];
  const window = knownWindow(subscription.state, partition.index);
  const end = endOf(subscription, partition);
  let left = count;
  let offset = window.candidate(partition.stream.startOffset);
  while (left > 0 && offset < end && ranges.length < RANGES_MAX) {
    const last = Math.min(window.availableTo(offset), end - 1, offset + left - 1);
    ranges.push({ first: offset, last, reason });
    left -= last - offset + 1;
    offset = window.candidate(last + 1);
  }
  return ranges;
}
