/** Who may commit and fetch offsets of a group of the Streams protocol, and of which topics (KIP-1071, KIP-1251). */
import { BrokerError } from '../../base/errors.ts';
import type { CommitOffsetsCommand } from '../commands.ts';
import { unknownMember } from '../draft.ts';
import { readerOf, type StreamsGroup, type StreamsMember } from './model.ts';
import { taskId } from './tasks.ts';

/**
 * Members by their epoch, or an older one as long as they have had the tasks since then: a commit and the answer to a heartbeat
 * pass each other. Anybody, as long as the group has no members.
 */
export function checkStreamsCommit(group: StreamsGroup, command: CommitOffsetsCommand): BrokerError | null {
  const { memberId, generation } = command;
  if (generation < 0 && group.members.size === 0) return null;
  const member = group.members.get(memberId);
  if (member === undefined) return unknownMember(memberId);
  if (generation === member.epoch) return null;
  if (generation > member.epoch) return staleEpoch(generation, member.epoch);
  for (const { topic, partitions } of command.topics) {
    const subtopologyId = readerOf(group, topic);
    for (const { partition } of partitions) {
      const since = subtopologyId === null ? undefined : heldSince(member, subtopologyId, partition);
      if (since === undefined || generation < since) return staleEpoch(generation, member.epoch);
    }
  }
  return null;
}

/** Members by their epoch; tools, which name no member. */
export function checkStreamsFetch(
  group: StreamsGroup,
  memberId: string | null,
  epoch: number,
): BrokerError | null {
  if (memberId === null && epoch < 0) return null;
  const member = group.members.get(memberId ?? '');
  if (member === undefined) return unknownMember(memberId ?? '');
  return epoch === member.epoch ? null : staleEpoch(epoch, member.epoch);
}

/** The epoch at which the member got the active task. */
function heldSince(member: StreamsMember, subtopologyId: string, partition: number): number | undefined {
  const task = taskId(subtopologyId, partition);
  return member.assigned.active.get(task) ?? member.revoking.active.get(task);
}

function staleEpoch(given: number, current: number): BrokerError {
  return new BrokerError(
    'stale-member-epoch',
    `The request is of member epoch ${given}, the member is in ${current}: take over its tasks, and try again.`,
  );
}
