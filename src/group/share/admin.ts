/** What administrators ask of share groups: ShareGroupDescribe, and whether nobody is in one. */
import { BrokerError } from '../../base/errors.ts';
import { type DraftContext, type GroupDecision, replyTo } from '../draft.ts';
import type { GroupsState } from '../model.ts';
import { notOfShares } from './check-heartbeat.ts';
import type { DescribeSharesCommand, ShareGroupDescription, VacantShareCommand } from './commands.ts';
import { type ShareGroup, sharePhase } from './model.ts';

export function decideDescribeShares(
  state: GroupsState,
  command: DescribeSharesCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const groups = command.groupIds.map((groupId) => {
    const live = state.groups.get(groupId)?.live;
    if (live?.type === 'share') return describe(live, context);
    return { groupId, error: live === undefined ? noGroup(groupId) : notOfShares(groupId) };
  });
  return replyTo(token, { kind: 'shares-described', groups });
}

function noGroup(groupId: string): BrokerError {
  return new BrokerError('group-not-found', `There is no group '${groupId}'.`);
}

/** Topics that are gone aren't told. */
function describe(group: ShareGroup, { world }: DraftContext): ShareGroupDescription {
  return {
    groupId: group.groupId,
    phase: sharePhase(group),
    epoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    members: [...group.members.values()].map((member) => {
      const { memberId, rackId, epoch, clientId, clientHost, topics } = member;
      const assignment = [...member.assigned].flatMap(([topicId, partitions]) => {
        const topic = world.topicById(topicId)?.name;
        return topic === undefined ? [] : [{ topic, topicId, partitions }];
      });
      return { memberId, rackId, epoch, clientId, clientHost, topics, assignment };
    }),
  };
}

export function decideVacantShare(
  state: GroupsState,
  { groupId, make }: VacantShareCommand,
  token: number,
): GroupDecision {
  const live = state.groups.get(groupId)?.live;
  if (live === undefined) {
    if (groupId === '' || !make) return replyTo(token, noGroup(groupId));
    return {
      records: [{ kind: 'share-group', groupId, epoch: 0, topicsHash: 0 }],
      replies: [{ to: token, answer: { kind: 'done' } }],
    };
  }
  if (live.type !== 'share') return replyTo(token, notOfShares(groupId));
  if (live.members.size === 0) return replyTo(token, { kind: 'done' });
  return replyTo(
    token,
    new BrokerError('group-not-empty', `Group '${groupId}' has members: stop them first.`),
  );
}
