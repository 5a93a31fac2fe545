/** Who may commit offsets of a group of the consumer protocol. */
import { BrokerError } from '../../base/errors.ts';
import type { CommitOffsetsCommand } from '../commands.ts';
import { unknownMember } from '../draft.ts';
import type { ConsumerGroup } from './model.ts';

/** Members by their epoch; anybody, as long as the group has no members. */
export function checkConsumerCommit(
  group: ConsumerGroup,
  { memberId, generation }: CommitOffsetsCommand,
): BrokerError | null {
  if (generation < 0 && group.members.size === 0) return null;
  const member = group.members.get(memberId);
  if (member === undefined) return unknownMember(memberId);
  return generation === member.epoch ? null : staleEpoch(generation, member.epoch);
}

function staleEpoch(given: number, current: number): BrokerError {
  return new BrokerError(
    'stale-member-epoch',
    `The request is of member epoch ${given}, the member is in ${current}: take over its assignment, and try again.`,
  );
}
