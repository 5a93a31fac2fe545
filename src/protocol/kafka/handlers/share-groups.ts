/** ShareGroupHeartbeat and ShareGroupDescribe (keys 76, 77). KIP-932. */
import { BrokerError } from '../../../base/errors.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import type { ShareGroupDescription } from '../../../group/share/commands.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  defaultShareGroupDescribeResponseGroup,
  readShareGroupDescribeRequest,
  type ShareGroupDescribeResponse,
  type ShareGroupDescribeResponseGroup,
  writeShareGroupDescribeResponse,
} from '../codec/generated/share-group-describe.ts';
import {
  defaultShareGroupHeartbeatResponse,
  readShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponse,
  writeShareGroupHeartbeatResponse,
} from '../codec/generated/share-group-heartbeat.ts';
import { errorFields } from '../errors.ts';
import { memberIdProblem, notServed } from '../share-request.ts';
import { allowedOperations, denied, isAllowed, NO_OPERATIONS } from './authorize.ts';

/** The only assignor of share groups. */
const ASSIGNOR = 'simple';

function check(context: RequestContext, request: ShareGroupHeartbeatRequest): BrokerError | null {
  const off = notServed(context);
  if (off !== null) return off;
  if (!isAllowed(context, 'read', 'group', request.groupId)) return denied('group');
  const problem = memberIdProblem(request.memberId);
  if (problem !== null) return problem;
  for (const topic of request.subscribedTopicNames ?? []) {
    if (!isAllowed(context, 'describe', 'topic', topic)) return denied('topic');
  }
  return null;
}

export const shareGroupHeartbeat = defineApi({
  key: API_KEY.ShareGroupHeartbeat,
  authorization: ['read group', 'describe topic'],
  read: readShareGroupHeartbeatRequest,
  write: writeShareGroupHeartbeatResponse,
  handle(context, request, respond: (response: ShareGroupHeartbeatResponse) => void) {
    const refuse = (error: BrokerError): void =>
      respond({ ...defaultShareGroupHeartbeatResponse(), ...errorFields(error) });
    const problem = check(context, request);
    if (problem !== null) return refuse(problem);
    askGroups(
      context.kafka.broker,
      {
        kind: 'share-heartbeat',
        groupId: request.groupId,
        memberId: request.memberId,
        epoch: request.memberEpoch,
        rackId: request.rackId,
        clientId: context.clientId,
        clientHost: `/${context.clientHost}`,
        topics: request.subscribedTopicNames,
      },
      {
        kinds: ['share-heartbeat'],
        done(answer) {
          if (answer instanceof BrokerError) return refuse(answer);
          const { memberId, epoch, heartbeatIntervalMs, assignment } = answer;
          const topicPartitions = (assignment ?? []).map(({ topicId, partitions }) => ({
            topicId,
            partitions: [...partitions],
          }));
          respond({
            throttleTimeMs: 0,
            errorCode: 0,
            errorMessage: null,
            memberId,
            memberEpoch: epoch,
            heartbeatIntervalMs,
            assignment: assignment === null ? null : { topicPartitions },
          });
        },
      },
    );
  },
});

function refused(groupId: string, error: BrokerError): ShareGroupDescribeResponseGroup {
  return { ...defaultShareGroupDescribeResponseGroup(), groupId, ...errorFields(error) };
}

function described(
  context: RequestContext,
  group: ShareGroupDescription,
  withOperations: boolean,
): ShareGroupDescribeResponseGroup {
  const { groupId } = group;
  return {
    ...defaultShareGroupDescribeResponseGroup(),
    groupId,
    groupState: group.phase,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: ASSIGNOR,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      rackId: member.rackId,
      memberEpoch: member.epoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...member.topics],
      assignment: {
        topicPartitions: member.assignment.map(({ topicId, topic, partitions }) => ({
          topicId,
          topicName: topic,
          partitions: [...partitions],
        })),
      },
    })),
    authorizedOperations: withOperations ? allowedOperations(context, 'group', groupId) : NO_OPERATIONS,
  };
}

/** Who may not know of a topic in a group is told nothing of the group, as in Kafka. */
function mayDescribeTopics(context: RequestContext, { members }: ShareGroupDescription): boolean {
  const topics = new Set<string>();
  for (const { topics: names, assignment } of members) {
    for (const name of names) topics.add(name);
    for (const { topic } of assignment) topics.add(topic);
  }
  return [...topics].every((topic) => isAllowed(context, 'describe', 'topic', topic));
}

export const shareGroupDescribe = defineApi({
  key: API_KEY.ShareGroupDescribe,
  authorization: ['describe group', 'describe topic'],
  read: readShareGroupDescribeRequest,
  write: writeShareGroupDescribeResponse,
  handle(context, request, respond: (response: ShareGroupDescribeResponse) => void) {
    // Each once: an answer may be a thousand times its question.
    const wanted = [...new Set(request.groupIds)];
    const off = notServed(context);
    if (off !== null)
      return respond({ throttleTimeMs: 0, groups: wanted.map((groupId) => refused(groupId, off)) });
    const groupIds = wanted.filter((groupId) => isAllowed(context, 'describe', 'group', groupId));
    const allowed = new Set(groupIds);
    const forbidden = wanted.filter((id) => !allowed.has(id)).map((id) => refused(id, denied('group')));
    askGroups(
      context.kafka.broker,
      { kind: 'describe-shares', groupIds },
      {
        kinds: ['shares-described'],
        done(answer) {
          const groups =
            answer instanceof BrokerError
              ? groupIds.map((groupId) => refused(groupId, answer))
              : answer.groups.map((group) => {
                  if ('error' in group) return refused(group.groupId, group.error);
                  if (!mayDescribeTopics(context, group)) return refused(group.groupId, denied('topic'));
                  return described(context, group, request.includeAuthorizedOperations);
                });
          respond({ throttleTimeMs: 0, groups: [...groups, ...forbidden] });
        },
      },
    );
  },
});
