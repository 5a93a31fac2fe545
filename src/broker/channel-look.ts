/**
 * Of many consumers that wait for messages of their channels, which have to be looked at when something has moved: those that have
 * asked for something new, and those of whose channels one has come to have a message to be handed out. The others cost nothing
 * but the question.
 */
import type { ChannelInterest } from '../queue/channels.ts';
import type { Subscription } from '../queue/model.ts';

interface Waiting {
  readonly request: { readonly channels?: ChannelInterest };
  /** What it had asked for when a look found nothing of that; −1: none did. */
  seenVersion: number;
  readonly unfinished: object | null;
}

export class ChannelLook {
  #state: Subscription | null = null;
  /** Everything that is in the log was met in this look. */
  #allMet = false;
  /** Keys that came to be ready before it began; what comes to be so meanwhile the windows know. */
  #fresh: readonly ReadonlySet<number>[] = [];

  /** `ofAll`: each that waits is asked about, so that what is fresh needs not be kept for later. */
  begin(state: Subscription, ofAll: boolean): void {
    const { order, paused } = state.settings;
    if (order !== 'channels') return;
    this.#state = state;
    this.#allMet = false;
    this.#fresh = [];
    if (!ofAll || paused) return;
    this.#fresh = Array.from(state.windows.values(), (window) => window.takeFresh()).filter(isSome);
  }

  /** A look for one consumer came to its end. */
  ended(look: {
    readonly waiter: Waiting;
    readonly version: number;
    readonly isPartial: boolean;
    readonly acquired: readonly unknown[];
  }): void {
    if (look.isPartial) return;
    this.#allMet = true;
    if (look.acquired.length === 0) look.waiter.seenVersion = look.version;
  }

  hasNothingFor({ request: { channels }, seenVersion, unfinished }: Waiting): boolean {
    if (channels === undefined || unfinished !== null) return false;
    if (!this.#allMet || seenVersion !== channels.version) return false;
    if (this.#fresh.some((keys) => channels.overlaps(keys))) return false;
    for (const { fresh } of this.#state!.windows.values()) if (channels.overlaps(fresh)) return false;
    return true;
  }
}

const isSome = (keys: ReadonlySet<number>): boolean => keys.size > 0;
