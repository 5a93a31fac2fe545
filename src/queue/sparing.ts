/**
 * Which messages may be handed out together that have failed before. A consumer that dies of one message has failed with all that it was
 * given, and a limit of deliveries would bury the good ones with the bad one. So from half of the deliveries on fewer go together each
 * time, and for the last time each goes alone. The numbers are those of Kafka's share groups (KAFKA-17541).
 */
import type { Window } from './window.ts';

/** What one consumer is given at one time, of one partition or of several. */
export class Sparing {
  readonly #deliveriesMax: number;
  /** From so many deliveries on. */
  readonly #from: number;
  /** What may still go with what was given. */
  #left = Number.POSITIVE_INFINITY;
  #hasGiven = false;

  /** `deliveriesMax`: the limit of the subscription; with 2 or fewer nothing is spared. */
  constructor(deliveriesMax: number) {
    this.#deliveriesMax = deliveriesMax;
    this.#from = Math.max(2, Math.ceil(deliveriesMax / 2));
  }

  /** The consumer gets no more now. */
  get isUsedUp(): boolean {
    return this.#left <= 0;
  }

  /** How many of the `count` available messages from `offset` on may be given now. */
  allowed(window: Window, offset: number, count: number): number {
    const stretch = offset < window.next ? window.at(offset) : undefined;
    const deliveries = stretch?.deliveries ?? 0;
    if (stretch === undefined || this.#deliveriesMax <= 2 || deliveries < this.#from)
      return Math.min(count, this.#left);
    const isLastTime = deliveries >= this.#deliveriesMax - 1;
    const size = stretch.last - offset + 1;
    const part = Math.floor(size / 2 ** (deliveries - this.#from + 1));
    if (this.#hasGiven && (isLastTime || this.#left === Number.POSITIVE_INFINITY)) this.#left = 0;
    else this.#left = Math.min(this.#left, isLastTime ? 1 : Math.max(1, part));
    return Math.min(count, size, this.#left);
  }

  given(count: number): void {
    this.#hasGiven = true;
    this.#left -= count;
  }
}
