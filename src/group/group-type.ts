/**
 * What all kinds of groups have in common, told by their type: the questions that offsets, listing, deletion and expiry
 * ask of a group without knowing its protocol. A new kind of group is a type of LiveGroup and a line in each function.
 */
import type { GroupTypeName } from './commands.ts';
import { consumerPhase, consumerSubscribed } from './consumer/model.ts';
import {
  type AnyPhase,
  type ClassicGroup,
  CONSUMER_PROTOCOL_TYPE,
  type GroupEntry,
  isSubscribed,
  type LiveGroup,
} from './model.ts';
import { sharePhase, shareReads } from './share/model.ts';
import { streamsPhase, streamsReads } from './streams/model.ts';

/** Of groups of these types, in lists. */
const PROTOCOL_TYPES = { consumer: CONSUMER_PROTOCOL_TYPE, streams: 'streams', share: 'share' } as const;

/** The live side of a classic group; undefined where there is none, or one of another type. */
export function classicOf(entry: GroupEntry | undefined): ClassicGroup | undefined {
  return entry?.live.type === 'classic' ? entry.live : undefined;
}

export function typeName(group: LiveGroup): GroupTypeName {
  return group.type;
}

export function phaseOf(group: LiveGroup): AnyPhase {
  switch (group.type) {
    case 'classic':
      return group.phase;
    case 'consumer':
      return consumerPhase(group);
    case 'streams':
      return streamsPhase(group);
    case 'share':
      return sharePhase(group);
  }
}

/** Empty for a group that only has offsets. */
export function protocolTypeOf(group: LiveGroup): string {
  return group.type === 'classic' ? (group.protocolType ?? '') : PROTOCOL_TYPES[group.type];
}

/** Whether nobody is in the group, so that it can be deleted and its offsets set from outside. */
export function isEmpty(group: LiveGroup): boolean {
  return group.type === 'classic' ? group.phase === 'Empty' : group.members.size === 0;
}

/** Whether the group can be forgotten when it has no offsets. A share group stays until it is deleted, as in Kafka. */
export function isIdle(group: LiveGroup): boolean {
  return (
    group.type !== 'share' && isEmpty(group) && (group.type !== 'classic' || group.pendingJoins.size === 0)
  );
}

/** Whether someone consumes the topic now. A group that can't be read is taken to. */
export function consumesTopic(group: LiveGroup, topic: string): boolean {
  switch (group.type) {
    case 'classic':
      return isSubscribed(group, topic);
    case 'consumer':
      return consumerSubscribed(group, topic);
    case 'streams':
      return streamsReads(group, topic);
    case 'share':
      return shareReads(group, topic);
  }
}

/** Whether members are consumers, so that it can be said which topics they use. */
export function consumesTopics(group: LiveGroup): boolean {
  return group.type !== 'classic' || group.protocolType === CONSUMER_PROTOCOL_TYPE;
}

/** From when offsets are kept for the retention time: the group's last members, their commit, or for as long as it is so. */
export function retentionOf(group: LiveGroup): 'since-empty' | 'since-commit' | 'kept' {
  if (group.type !== 'classic') return 'since-commit';
  if (group.protocolType !== null && group.phase === 'Empty') return 'since-empty';
  const readable =
    group.phase === 'Stable' &&
    group.protocolType === CONSUMER_PROTOCOL_TYPE &&
    group.subscribedTopics !== null;
  return group.protocolType === null || readable ? 'since-commit' : 'kept';
}

/** Whether something of the group is in the log. */
export function wasLogged({ live, logged, offsets, pending }: GroupEntry): boolean {
  return live.type !== 'classic' || logged !== null || offsets.size > 0 || pending.size > 0;
}
