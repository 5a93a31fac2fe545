/** ConsumerGroupDescribe (KIP-848). */
import { BrokerError } from '../../base/errors.ts';
import type { ConsumerGroupDescription, DescribeConsumersCommand, DescribedTopic } from '../commands.ts';
import { type DraftContext, type GroupDecision, replyTo } from '../draft.ts';
import type { GroupsState } from '../model.ts';
import { chooseAssignor } from './assignment.ts';
import { type Assignment, type ConsumerGroup, consumerPhase, type HeldPartitions } from './model.ts';

export function decideDescribeConsumers(
  state: GroupsState,
  command: DescribeConsumersCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const groups = command.groupIds.map((groupId) => {
    const live = state.groups.get(groupId)?.live;
    if (live?.type === 'consumer') return describe(live, context);
    const why =
      live === undefined ? `There is no group '${groupId}'` : `Group '${groupId}' is a ${live.type} group`;
    return { groupId, error: new BrokerError('group-not-found', `${why}.`) };
  });
  return replyTo(token, { kind: 'consumers-described', groups });
}

function describe(group: ConsumerGroup, context: DraftContext): ConsumerGroupDescription {
  return {
    groupId: group.groupId,
    phase: consumerPhase(group),
    epoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignor: chooseAssignor({ members: () => group.members.values(), context }),
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      epoch: member.epoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      topics: member.topics,
      regex: member.regex,
      assignment: heldTopics(member.assigned, context),
      target: targetTopics(group.target.get(member.memberId), context),
      type: member.classic === null ? 'consumer' : 'classic',
    })),
  };
}

/** Topics that are gone aren't told. */
function heldTopics(held: HeldPartitions, { world }: DraftContext): DescribedTopic[] {
  return [...held].flatMap(([topicId, partitions]) => {
    const topic = world.topicById(topicId)?.name;
    if (topic === undefined) return [];
    return [{ topic, topicId, partitions: [...partitions.keys()].sort((a, b) => a - b) }];
  });
}

function targetTopics(target: Assignment | undefined, { world }: DraftContext): DescribedTopic[] {
  return [...(target ?? [])].flatMap(([topicId, partitions]) => {
    const topic = world.topicById(topicId)?.name;
    return topic === undefined ? [] : [{ topic, topicId, partitions }];
  });
}
