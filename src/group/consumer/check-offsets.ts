/** Who may commit and fetch offsets of a group of the consumer protocol (KIP-848, KIP-1251). */
import { BrokerError } from '../../base/errors.ts';
import type { CommitOffsetsCommand } from '../commands.ts';
import { unknownMember } from '../draft.ts';
import type { ConsumerGroup, ConsumerMember } from './model.ts';

/**
 * Members by their epoch, or an older one as long as they have had the partitions since then: a commit and the answer to a
 * heartbeat pass each other. Anybody, as long as the group has no members.
 */
export function checkConsumerCommit(
  group: ConsumerGroup,
  { memberId, generation, topics }: CommitOffsetsCommand,
): BrokerError | null {
  if (generation < 0 && group.members.size === 0) return null;
  const member = group.members.get(memberId);
  if (member === undefined) return unknownMember(memberId);
  if (generation === member.epoch) return null;
  if (generation > member.epoch) return staleEpoch(member, generation);
  for (const { topicId, partitions } of topics) {
    for (const { partition } of partitions) {
      const since =
        member.assigned.get(topicId)?.get(partition) ?? member.revoking.get(topicId)?.get(partition);
      if (since === undefined || generation < since) return staleEpoch(member, generation);
    }
  }
  return null;
}

/** Members by their epoch; tools, which name no member. */
export function checkConsumerFetch(
  group: ConsumerGroup,
  memberId: string | null,
  epoch: number,
): BrokerError | null {
  if (memberId === null && epoch < 0) return null;
  const member = group.members.get(memberId ?? '');
  if (member === undefined) return unknownMember(memberId ?? '');
  return epoch === member.epoch ? null : staleEpoch(member, epoch);
}

/** Members of the classic protocol know their epoch as a generation. */
function staleEpoch({ classic, epoch }: ConsumerMember, given: number): BrokerError {
  if (classic !== null) {
    const message = `The request is of generation ${given}, the member is in ${epoch}: join the group again.`;
    return new BrokerError('illegal-generation', message);
  }
  return new BrokerError(
    'stale-member-epoch',
    `The request is of member epoch ${given}, the member is in ${epoch}: take over its assignment, and try again.`,
  );
}
