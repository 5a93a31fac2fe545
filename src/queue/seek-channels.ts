/**
 * Where a channel goes on: what of it is below a place is done, what is there and behind comes, again where it was done.
 *
 * What comes again is available as if nobody had met it, and so is all that stands in the line of its key: it is met anew, so that
 * the line is in order. Where nothing comes again the line stays as it is, but for what is done of it.
 */
import { BrokerError } from '../base/errors.ts';
import type { ChannelPlace, SeekChannelsCommand } from './commands.ts';
import { knownWindow, type Subscription } from './model.ts';
import type { Range } from './range-list.ts';
import type { QueueRecord, Settled } from './records.ts';
import { doneWith, partOf, type QueueDecision, reply } from './settled.ts';
import { NO_KEY, type Stretch, type Window } from './window.ts';

export function decideSeekChannels(
  subscription: Subscription,
  { id, channels }: SeekChannelsCommand,
  token: number,
): QueueDecision {
  const { stretchesMax } = subscription.settings;
  const byPartition = new Map<number, Settled[]>();
  for (const { key, places } of channels) {
    for (const place of places) {
      const { partition } = place;
      const stretches = new Seek(knownWindow(subscription, partition), key, place).stretches();
      const before = byPartition.get(partition) ?? [];
      if (stretches.length > 0) byPartition.set(partition, before.concat(stretches));
    }
  }
  for (const [partition, stretches] of byPartition) {
    const window = knownWindow(subscription, partition);
    const growth = stretches.reduce((sum, settled) => sum + growthBy(window, settled), 0);
    if (growth <= 0 || window.stretchCount + growth <= stretchesMax) continue;
    const sentence =
      `There is no room for it in partition ${partition}: ${window.stretchCount} ranges of messages are kept that aren't done, ` +
      `${growth} would come to it, and ${stretchesMax} may be (stretchesMax). Try again when consumers have made some.`;
    return { replies: [{ to: token, answer: new BrokerError('queue-full', sentence) }] };
  }
  return {
    records: [...byPartition].map(([partition, stretches]): QueueRecord => {
      return { kind: 'settled', id, partition, stretches };
    }),
    replies: reply(token, { kind: 'done' }),
  };
}

/** How many stretches more there are then, at most. */
function growthBy(window: Window, { first, state }: Settled): number {
  const stretch = window.at(first);
  const isMet = stretch !== undefined && stretch.key !== NO_KEY;
  if (state === 'done') return isMet ? -1 : 1;
  return isMet ? 0 : 1;
}

class Seek {
  readonly #window: Window;
  readonly #place: ChannelPlace;
  readonly #line: readonly Readonly<Stretch>[];

  constructor(window: Window, key: number, place: ChannelPlace) {
    this.#window = window;
    this.#place = place;
    this.#line = window.lineOf(key);
  }

  stretches(): Settled[] {
    const again = this.#again();
    const skipped = this.#skipped();
    if (again.length === 0) return skipped.sort(byOffset);
    const isSkipped = new Set(skipped.map(({ first }) => first));
    const anew = this.#line
      .filter(({ first }) => !isSkipped.has(first))
      .map((stretch) => ({ ...partOf(stretch, stretch, { state: 'available' }), key: NO_KEY }));
    return [...skipped, ...again, ...anew].sort(byOffset);
  }

  /** What was done of it from the place on. */
  #again(): Settled[] {
    const { to, found } = this.#place;
    const again: Settled[] = [];
    for (const range of found) {
      const last = Math.min(range.last, this.#window.next - 1);
      let first = Math.max(range.first, to);
      for (const stretch of this.#window.within(first, last)) {
        if (first < stretch.first) again.push(anewWith({ first, last: stretch.first - 1 }));
        first = stretch.last + 1;
      }
      if (first <= last) again.push(anewWith({ first, last }));
    }
    return again;
  }

  /** What isn't done of it below the place. What is on its way to the dead letters goes there. */
  #skipped(): Settled[] {
    const { to, found, from } = this.#place;
    const skipped: Settled[] = this.#line
      .filter(({ first }) => first < Math.min(from, to))
      .map(({ first, last }) => doneWith({ first, last }));
    for (const range of found) {
      const last = Math.min(range.last, to - 1);
      for (const stretch of this.#window.within(range.first, last)) {
        if (stretch.state === 'dead') continue;
        skipped.push(
          doneWith({ first: Math.max(range.first, stretch.first), last: Math.min(last, stretch.last) }),
        );
      }
      const first = Math.max(range.first, this.#window.next);
      if (first <= last) skipped.push(doneWith({ first, last }));
    }
    return skipped;
  }
}

const byOffset = (a: Range, b: Range): number => a.first - b.first;

const anewWith = (range: Range): Settled => ({ ...doneWith(range), state: 'available' });
