/** ConsumerGroupHeartbeat and ConsumerGroupDescribe (keys 68, 69). KIP-848. */
import { BrokerError } from '../../../base/errors.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import type { ConsumerGroupDescription, ConsumerMemberDescription } from '../../../group/commands.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type ConsumerGroupDescribeResponse,
  type ConsumerGroupDescribeResponseGroup,
  type ConsumerGroupDescribeResponseMember,
  defaultConsumerGroupDescribeResponseGroup,
  readConsumerGroupDescribeRequest,
  writeConsumerGroupDescribeResponse,
} from '../codec/generated/consumer-group-describe.ts';
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  defaultConsumerGroupHeartbeatResponse,
  readConsumerGroupHeartbeatRequest,
  writeConsumerGroupHeartbeatResponse,
} from '../codec/generated/consumer-group-heartbeat.ts';
import { errorFields } from '../errors.ts';
import { allowedOperations, denied, isAllowed, NO_OPERATIONS } from './authorize.ts';

/** Version 0 lets the coordinator choose a member's id. */
const OWN_MEMBER_ID_VERSION = 1;
const MEMBER_TYPES = { classic: 0, consumer: 1 } as const;

/** Why groups of the consumer protocol aren't served, or null. */
function protocolDisabled({ kafka }: RequestContext): BrokerError | null {
  const { image } = kafka.broker.metadata;
  const { protocols } = image.settings.groups;
  if (protocols.has('consumer') && image.features.level('group.version') >= 1) return null;
  return new BrokerError(
    'unsupported-version',
    'the consumer group protocol is off: group.coordinator.rebalance.protocols needs consumer, and the feature group.version level 1',
  );
}

export const consumerGroupHeartbeat = defineApi({
  key: API_KEY.ConsumerGroupHeartbeat,
  authorization: ['read group', 'describe topic'],
  read: readConsumerGroupHeartbeatRequest,
  write: writeConsumerGroupHeartbeatResponse,
  handle(context, request, respond: (response: ConsumerGroupHeartbeatResponse) => void) {
    const refuse = (error: BrokerError): void =>
      respond({ ...defaultConsumerGroupHeartbeatResponse(), ...errorFields(error) });
    const problem = checkAccess(context, request) ?? protocolDisabled(context);
    if (problem !== null) return refuse(problem);
    const { access, apiVersion, kafka } = context;
    askGroups(
      context.kafka.broker,
      {
        kind: 'consumer-heartbeat',
        groupId: request.groupId,
        memberId: request.memberId,
        epoch: request.memberEpoch,
        instanceId: request.instanceId,
        rackId: request.rackId,
        clientId: context.clientId,
        clientHost: `/${context.clientHost}`,
        rebalanceTimeoutMs: request.rebalanceTimeoutMs,
        topics: request.subscribedTopicNames,
        regex: request.subscribedTopicRegex,
        serverAssignor: request.serverAssignor,
        owned: request.topicPartitions,
        newMemberId: apiVersion < OWN_MEMBER_ID_VERSION ? kafka.broker.randomId() : '',
        mayDescribe: (topic) => access.allows('describe', 'topic', topic),
      },
      {
        kinds: ['consumer-heartbeat'],
        done(answer) {
          if (answer instanceof BrokerError) return refuse(answer);
          const { memberId, epoch, heartbeatIntervalMs, assignment } = answer;
          respond({
            throttleTimeMs: 0,
            errorCode: 0,
            errorMessage: null,
            memberId,
            memberEpoch: epoch,
            heartbeatIntervalMs,
            assignment:
              assignment === null
                ? null
                : {
                    topicPartitions: assignment.map(({ topicId, partitions }) => ({
                      topicId,
                      partitions: [...partitions],
                    })),
                  },
          });
        },
      },
    );
  },
});

function checkAccess(context: RequestContext, request: ConsumerGroupHeartbeatRequest): BrokerError | null {
  if (!isAllowed(context, 'read', 'group', request.groupId)) return denied('group');
  for (const topic of request.subscribedTopicNames ?? []) {
    if (!isAllowed(context, 'describe', 'topic', topic)) return denied('topic');
  }
  return null;
}

export const consumerGroupDescribe = defineApi({
  key: API_KEY.ConsumerGroupDescribe,
  authorization: ['describe group', 'describe topic'],
  read: readConsumerGroupDescribeRequest,
  write: writeConsumerGroupDescribeResponse,
  handle(context, request, respond: (response: ConsumerGroupDescribeResponse) => void) {
    const refused = (groupId: string, error: BrokerError): ConsumerGroupDescribeResponseGroup => ({
      ...defaultConsumerGroupDescribeResponseGroup(),
      groupId,
      ...errorFields(error),
    });
    // Each once: an answer may be a thousand times its question.
    const wanted = [...new Set(request.groupIds)];
    const groupIds = wanted.filter((groupId) => isAllowed(context, 'describe', 'group', groupId));
    const allowed = new Set(groupIds);
    const forbidden = wanted.filter((id) => !allowed.has(id)).map((id) => refused(id, denied('group')));
    const disabled = protocolDisabled(context);
    if (disabled !== null) {
      const groups = groupIds.map((groupId) => refused(groupId, disabled));
      return respond({ throttleTimeMs: 0, groups: [...groups, ...forbidden] });
    }
    askGroups(
      context.kafka.broker,
      { kind: 'describe-consumers', groupIds },
      {
        kinds: ['consumers-described'],
        done(answer) {
          const groups =
            answer instanceof BrokerError
              ? groupIds.map((groupId) => refused(groupId, answer))
              : answer.groups.map((group) => {
                  if ('error' in group) return refused(group.groupId, group.error);
                  if (!mayDescribeTopics(context, group)) return refused(group.groupId, denied('topic'));
                  const operations = request.includeAuthorizedOperations
                    ? allowedOperations(context, 'group', group.groupId)
                    : NO_OPERATIONS;
                  return described(group, operations);
                });
          respond({ throttleTimeMs: 0, groups: [...groups, ...forbidden] });
        },
      },
    );
  },
});

/** Who may not know of a topic in a group is told nothing of the group, as in Kafka. */
function mayDescribeTopics(context: RequestContext, { members }: ConsumerGroupDescription): boolean {
  const topics = new Set<string>();
  for (const { topics: names, assignment, target } of members) {
    for (const name of names) topics.add(name);
    for (const { topic } of [...assignment, ...target]) topics.add(topic);
  }
  return [...topics].every((topic) => isAllowed(context, 'describe', 'topic', topic));
}

function described(
  group: ConsumerGroupDescription,
  authorizedOperations: number,
): ConsumerGroupDescribeResponseGroup {
  return {
    errorCode: 0,
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.phase,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.assignor,
    members: group.members.map(describedMember),
    authorizedOperations,
  };
}

function describedMember(member: ConsumerMemberDescription): ConsumerGroupDescribeResponseMember {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.topics],
    subscribedTopicRegex: member.regex,
    assignment: describedTopics(member.assignment),
    targetAssignment: describedTopics(member.target),
    memberType: MEMBER_TYPES[member.type],
  };
}

function describedTopics(
  topics: ConsumerMemberDescription['assignment'],
): ConsumerGroupDescribeResponseMember['assignment'] {
  return {
    topicPartitions: topics.map(({ topicId, topic, partitions }) => ({
      topicId,
      topicName: topic,
      partitions: [...partitions],
    })),
  };
}
