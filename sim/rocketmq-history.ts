/**
 * What RocketMQ's clients sent, were told and saw, and what must hold: what is acknowledged, and answered, comes to nobody again; a half
 * message appears if its sender or who was asked said so, and never if not; of a message group one comes after the other; a delayed one is
 * never early; in calm all that was stored was received, and settled.
 */
import { DELIVERIES_MAX } from '../src/protocol/rocketmq/settings.ts';
import type { History } from './history.ts';

export interface SentMessage {
  readonly id: string;
  /** Null: it has none. */
  readonly group: string | null;
  /** 0: at once. */
  readonly deliverAtMs: number;
  /** Null: it is no half message. */
  readonly half: 'commit' | 'rollback' | null;
}

interface Facts extends SentMessage {
  isStored: boolean;
  /** queue@offset; null: not seen yet. */
  place: { readonly queue: number; readonly offset: number } | null;
  deliveries: number;
  /** Its consumer has said that it is done, or was answered so at that time. */
  over: 'no' | 'asked' | 'done';
  doneMs: number;
}

export class RocketmqHistory {
  /** Times are compared: the broker's clock isn't set in this world. */
  isOnTime = false;
  readonly #history: History;
  readonly #messages = new Map<string, Facts>();

  constructor(history: History) {
    this.#history = history;
  }

  sending(message: SentMessage): void {
    const fresh = { isStored: false, place: null, deliveries: 0, over: 'no', doneMs: 0 } as const;
    this.#messages.set(message.id, { ...message, ...fresh });
  }

  stored(id: string): void {
    this.#messages.get(id)!.isStored = true;
  }

  /** What the sender of a half message wants. */
  wanted(id: string): 'commit' | 'rollback' {
    return this.#messages.get(id)!.half!;
  }

  /** `askedMs`: when the call was opened that brought it. */
  received(
    id: string,
    at: {
      readonly queue: number;
      readonly offset: number;
      readonly askedMs: number;
      readonly wallMs: number;
    },
  ): void {
    const facts = this.#messages.get(id);
    if (facts === undefined) return this.#history.fail(`${id} was received, and nobody sent it`);
    const what = `${id} at ${at.queue}@${at.offset}`;
    if (facts.half === 'rollback') this.#history.fail(`${what} was rolled back, and is there`);
    if (facts.over === 'done' && at.askedMs > facts.doneMs)
      this.#history.fail(`${what} came again, though it was done`);
    if (this.isOnTime && at.wallMs < facts.deliverAtMs) this.#history.fail(`${what} came before its time`);
    const { place } = facts;
    if (place !== null && (place.queue !== at.queue || place.offset !== at.offset))
      this.#history.fail(`${what} was at ${place.queue}@${place.offset} before`);
    facts.place = { queue: at.queue, offset: at.offset };
    facts.deliveries++;
    if (facts.group !== null) this.#checkOrder(facts, what);
    this.#history.counts.received++;
  }

  /** Its consumer says that it is done; gives what undoes that where it is refused. Without an answer it may be true. */
  settling(id: string): () => void {
    const facts = this.#messages.get(id)!;
    const { over } = facts;
    if (over === 'no') facts.over = 'asked';
    return () => {
      if (facts.over === 'asked') facts.over = over;
    };
  }

  /** That was answered. */
  settled(id: string, nowMs: number): void {
    const facts = this.#messages.get(id)!;
    if (facts.over !== 'done') Object.assign(facts, { over: 'done', doneMs: nowMs });
  }

  /** What was stored and isn't settled yet. */
  missing(): string[] {
    const missing: string[] = [];
    for (const { id, isStored, half, over, deliveries } of this.#messages.values()) {
      const isOver = over !== 'no' || half === 'rollback' || deliveries >= DELIVERIES_MAX;
      if (isStored && !isOver) missing.push(`${id} (${deliveries} deliveries)`);
    }
    return missing;
  }

  #checkOrder({ group, place }: Facts, what: string): void {
    for (const before of this.#messages.values()) {
      if (before.group !== group || before.place === null || before.over !== 'no') continue;
      if (before.place.queue !== place!.queue || before.place.offset >= place!.offset) continue;
      if (before.deliveries >= DELIVERIES_MAX) continue;
      this.#history.fail(
        `${what} came while ${before.id} of its group, which stands before it, was not done`,
      );
    }
  }
}
