/** What is known of half messages. */
import type { Uuid } from '../base/uuid.ts';

export interface HalfSettings {
  /** How often a sender is asked at most; then the message is set aside. */
  readonly checksMax: number;
  /** Between two questions. */
  readonly checkIntervalMs: number;
  /** Half messages at a time. */
  readonly halvesMax: number;
  /** Ended ones that are remembered, so that a word that comes again has the same answer. */
  readonly endedMax: number;
}

export interface HalfMessage {
  readonly transactionId: string;
  readonly topicId: Uuid;
  readonly partition: number;
  /** Who sent it, as the protocol names it. */
  readonly producerGroup: string;
  readonly preparedAtMs: number;
  /** The partition of the stream that has it, and its offset there. */
  readonly slot: number;
  readonly offset: number;
  readonly checks: number;
  /** Infinity: it is set aside. */
  readonly nextCheckAtMs: number;
}

export interface Ended {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly committed: boolean;
  /** Where it is; −1: nowhere. */
  readonly offset: number;
}

export interface HalfState {
  readonly open: Map<string, HalfMessage>;
  /** The latest last. */
  readonly ended: Map<string, Ended>;
}

/** It waits for an operator. */
export function isAside({ nextCheckAtMs }: HalfMessage): boolean {
  return nextCheckAtMs === Number.POSITIVE_INFINITY;
}
