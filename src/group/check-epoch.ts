/** Who may commit and fetch offsets of a group with member epochs (KIP-848, KIP-1071, KIP-1251). */
import { BrokerError } from '../base/errors.ts';
import type { CommitOffsetsCommand, FetchOffsetsCommand, TopicCommit } from './commands.ts';
import { unknownMember } from './draft.ts';

/** What the protocols differ in. */
export interface EpochRules<Member> {
  /** By partition of the topic: the epoch at which the member was given it; undefined: it doesn't have it. */
  heldSince(member: Member, topic: TopicCommit): (partition: number) => number | undefined;
  /** How the member is told that an epoch is not its own. */
  stale(member: Member, epoch: number): BrokerError;
}

/**
 * Members by their epoch, or an older one as long as they have had the partitions since then: a commit and the answer to a
 * heartbeat pass each other. Anybody, as long as the group has no members.
 */
export function checkCommitEpoch<Member extends { readonly epoch: number }>(
  members: ReadonlyMap<string, Member>,
  { memberId, generation, topics }: CommitOffsetsCommand,
  rules: EpochRules<Member>,
): BrokerError | null {
  if (generation < 0 && members.size === 0) return null;
  const member = members.get(memberId);
  if (member === undefined) return unknownMember(memberId);
  if (generation === member.epoch) return null;
  if (generation > member.epoch) return rules.stale(member, generation);
  for (const topic of topics) {
    const heldSince = rules.heldSince(member, topic);
    for (const { partition } of topic.partitions) {
      const since = heldSince(partition);
      if (since === undefined || generation < since) return rules.stale(member, generation);
    }
  }
  return null;
}

/** Members by their epoch; tools, which name no member. */
export function checkFetchEpoch<Member extends { readonly epoch: number }>(
  members: ReadonlyMap<string, Member>,
  { memberId = null, memberEpoch = -1 }: FetchOffsetsCommand['groups'][number],
  rules: EpochRules<Member>,
): BrokerError | null {
  if (memberId === null && memberEpoch < 0) return null;
  const member = members.get(memberId ?? '');
  if (member === undefined) return unknownMember(memberId ?? '');
  return memberEpoch === member.epoch ? null : rules.stale(member, memberEpoch);
}

/** `work`: what the protocol calls that which it divides. */
export function staleMemberEpoch(given: number, current: number, work: 'assignment' | 'tasks'): BrokerError {
  return new BrokerError(
    'stale-member-epoch',
    `The request is of member epoch ${given}, the member is in ${current}: take over its ${work}, and try again.`,
  );
}
