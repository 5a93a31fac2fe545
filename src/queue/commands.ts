/** What the queue machine is asked, and what it answers. */
import type { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { FrameAppend } from '../machine/machine.ts';
import type { Range } from './range-list.ts';
import type { SubscriptionSettings } from './settings.ts';
import type { DeathReason } from './window.ts';

/**
 * Of messages that were delivered. ack: done. release: available again at once. retry: again after a delay by the policy.
 * delay: again after `ms`. reject: to the dead letters, or dropped. renew: the consumer's for `ms` from now.
 */
export const SETTLEMENTS = ['ack', 'release', 'retry', 'delay', 'reject', 'renew'] as const;
export type Settlement = (typeof SETTLEMENTS)[number];

export interface SettleEntry extends Range {
  readonly partition: number;
  /** The delivery that is meant; null: whichever the consumer has. */
  readonly lease: number | null;
  readonly action: Settlement;
  /** For delay and renew; ms. */
  readonly ms?: number;
  /** For delay: the delivery doesn't count, as its consumer is busy, not failing. */
  readonly isUncounted?: boolean;
}

/** Creates a subscription; one of that name stays as it is. */
export interface SubscribeCommand {
  readonly kind: 'subscribe';
  readonly topicId: Uuid;
  readonly name: string;
  readonly settings: SubscriptionSettings;
  /** Where it begins, by partition. */
  readonly starts: readonly number[];
}

export interface AlterCommand {
  readonly kind: 'alter';
  readonly id: number;
  readonly settings: SubscriptionSettings;
}

export interface RemoveCommand {
  readonly kind: 'remove';
  readonly id: number;
}

/** Entries are all or nothing, each for itself. */
export interface SettleCommand {
  readonly kind: 'settle';
  readonly id: number;
  /** Whose deliveries they must be; null: the leases say enough. */
  readonly consumer: string | null;
  readonly entries: readonly SettleEntry[];
  /** From 0 to 1, for the jitter of retries. */
  readonly chance: number;
}

/** The broker passed over messages: nobody is to get them. */
export interface PassCommand {
  readonly kind: 'pass';
  readonly id: number;
  readonly partition: number;
  /** `reason`: they become dead letters; null: they are done. */
  readonly ranges: readonly (Range & { readonly reason: DeathReason | null })[];
}

/** Messages were read, and are appended elsewhere in the frame that makes them done. */
export interface MoveCommand {
  readonly kind: 'move';
  readonly id: number;
  readonly partition: number;
  readonly ranges: readonly Range[];
  /** Under which they are acquired; null: they are dead. */
  readonly lease: number | null;
  readonly companions: readonly FrameAppend[];
}

/** Lets go of all that a consumer has. */
export interface DisconnectCommand {
  readonly kind: 'disconnect';
  readonly id: number;
  readonly consumer: string;
}

/** Begins anew at an offset of each of these partitions; what is held is let go. */
export interface SeekCommand {
  readonly kind: 'seek';
  readonly id: number;
  readonly positions: readonly { readonly partition: number; readonly offset: number }[];
}

/** Of a subscription by channels: where some of them go on. All of it, or nothing. */
export interface SeekChannelsCommand {
  readonly kind: 'seek-channels';
  readonly id: number;
  /** A key stands in one of them. */
  readonly channels: readonly { readonly key: number; readonly places: readonly ChannelPlace[] }[];
}

export interface ChannelPlace {
  readonly partition: number;
  /** What of the channel is below is done; what is there and behind comes, again where it was done. */
  readonly to: number;
  /** Its messages in the part of the partition that was looked at: ranges in which there are no others, ascending. */
  readonly found: readonly Range[];
  /** Where that part begins: what is below is only known as far as it was met. */
  readonly from: number;
}

export interface DueCommand {
  readonly kind: 'due';
  readonly id: number;
}

export interface TopicsDeletedCommand {
  readonly kind: 'topics-deleted';
  readonly topicIds: readonly Uuid[];
}

export type QueueCommand =
  | SubscribeCommand
  | AlterCommand
  | RemoveCommand
  | SettleCommand
  | PassCommand
  | MoveCommand
  | DisconnectCommand
  | SeekCommand
  | SeekChannelsCommand
  | DueCommand
  | TopicsDeletedCommand;

export type QueueAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'subscribed'; readonly id: number; readonly created: boolean }
  /** One for each entry: why it was refused, or the lease that it has now (renew; else 0). */
  | { readonly kind: 'settled'; readonly results: readonly (number | BrokerError)[] };
