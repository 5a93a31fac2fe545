/** StreamsGroupHeartbeat and StreamsGroupDescribe (keys 88, 89). KIP-1071. */
import { BrokerError } from '../../../base/errors.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import { isTopicName } from '../../../broker/topics.ts';
import type {
  EndpointPartitions,
  StreamsGroupDescription,
  StreamsHeartbeatAnswer,
  StreamsHeartbeatCommand,
  StreamsStatus,
  SubtopologyTasks,
} from '../../../group/streams/commands.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  defaultStreamsGroupDescribeResponseDescribedGroup,
  readStreamsGroupDescribeRequest,
  type StreamsGroupDescribeResponse,
  type StreamsGroupDescribeResponseAssignment,
  type StreamsGroupDescribeResponseDescribedGroup,
  type StreamsGroupDescribeResponseTopicInfo,
  writeStreamsGroupDescribeResponse,
} from '../codec/generated/streams-group-describe.ts';
import {
  defaultStreamsGroupHeartbeatResponse,
  readStreamsGroupHeartbeatRequest,
  type StreamsGroupHeartbeatRequest,
  type StreamsGroupHeartbeatRequestTopicInfo,
  type StreamsGroupHeartbeatRequestTopology,
  type StreamsGroupHeartbeatResponse,
  writeStreamsGroupHeartbeatResponse,
} from '../codec/generated/streams-group-heartbeat.ts';
import { errorFields } from '../errors.ts';
import {
  allowedOperations,
  audited,
  denied,
  isAllowed,
  isAllowedCluster,
  NO_OPERATIONS,
} from './authorize.ts';

/** StreamsGroupHeartbeatResponse.Status. */
const STATUS_CODES: Readonly<Record<StreamsStatus['kind'], number>> = {
  'stale-topology': 0,
  'missing-source-topics': 1,
  'incorrectly-partitioned-topics': 2,
  'missing-internal-topics': 3,
  'shutdown-application': 4,
  'assignment-delayed': 5,
};
/** Topics that a broker of Kafka keeps for itself. */
const RESERVED_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

function notServed({ kafka }: RequestContext): BrokerError | null {
  const { settings, metadata } = kafka.broker;
  if (settings.groups.protocols.has('streams') && metadata.image.features.level('streams.version') > 0)
    return null;
  return new BrokerError(
    'unsupported-version',
    'The Streams protocol is off: finalize the feature streams.version, and have streams in group.coordinator.rebalance.protocols.',
  );
}

function topicsOf(topology: StreamsGroupHeartbeatRequestTopology): Set<string> {
  const names = new Set<string>();
  for (const subtopology of topology.subtopologies) {
    const { sourceTopics, repartitionSinkTopics, repartitionSourceTopics, stateChangelogTopics } =
      subtopology;
    for (const name of sourceTopics) names.add(name);
    for (const name of repartitionSinkTopics) names.add(name);
    for (const { name } of repartitionSourceTopics) names.add(name);
    for (const { name } of stateChangelogTopics) names.add(name);
  }
  return names;
}

function checkTopics(context: RequestContext, names: ReadonlySet<string>): BrokerError | null {
  for (const name of names) {
    if (RESERVED_TOPICS.has(name))
      return new BrokerError(
        'streams-invalid-topology',
        `The topic ${name} is the broker's own: read others.`,
      );
    if (!isTopicName(name))
      return new BrokerError('streams-invalid-topology', `"${name}" can't be the name of a topic.`);
  }
  for (const name of names) if (!isAllowed(context, 'describe', 'topic', name)) return denied('topic');
  return null;
}

function check(context: RequestContext, request: StreamsGroupHeartbeatRequest): BrokerError | null {
  const problem = notServed(context);
  if (problem !== null) return problem;
  if (!isAllowed(context, 'read', 'group', request.groupId)) return denied('group');
  const lists = [request.activeTasks, request.standbyTasks, request.warmupTasks];
  if (lists.some((list) => list === null) && lists.some((list) => list !== null))
    return new BrokerError('invalid-request', 'A member gives its tasks of all kinds, or of none.');
  return request.topology === null ? null : checkTopics(context, topicsOf(request.topology));
}

function internalTopic({
  name,
  partitions,
  replicationFactor,
  topicConfigs,
}: StreamsGroupHeartbeatRequestTopicInfo) {
  const configs = topicConfigs.map(({ key, value }) => [key, value] as const);
  return { name, partitions, replicationFactor, configs };
}

function topologyOf(
  topology: StreamsGroupHeartbeatRequestTopology | null,
): StreamsHeartbeatCommand['topology'] {
  if (topology === null) return null;
  return {
    epoch: topology.epoch,
    subtopologies: topology.subtopologies.map((subtopology) => ({
      id: subtopology.subtopologyId,
      sourceTopics: subtopology.sourceTopics,
      sourceTopicRegex: subtopology.sourceTopicRegex,
      stateChangelogTopics: subtopology.stateChangelogTopics.map(internalTopic),
      repartitionSinkTopics: subtopology.repartitionSinkTopics,
      repartitionSourceTopics: subtopology.repartitionSourceTopics.map(internalTopic),
      copartitionGroups: subtopology.copartitionGroups,
    })),
  };
}

function commandOf(context: RequestContext, request: StreamsGroupHeartbeatRequest): StreamsHeartbeatCommand {
  const { activeTasks, standbyTasks, warmupTasks, clientTags } = request;
  const tags = new Map((clientTags ?? []).map(({ key, value }) => [key, value]));
  return {
    kind: 'streams-heartbeat',
    groupId: request.groupId,
    memberId: request.memberId,
    epoch: request.memberEpoch,
    endpointEpoch: request.endpointInformationEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    clientId: context.clientId,
    clientHost: `/${context.clientHost}`,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topology: topologyOf(request.topology),
    owned:
      activeTasks === null ? null : { active: activeTasks, standby: standbyTasks!, warmup: warmupTasks! },
    processId: request.processId,
    userEndpoint: request.userEndpoint,
    clientTags: clientTags === null ? null : [...tags].sort(([a], [b]) => (a < b ? -1 : 1)),
    taskOffsets: request.taskOffsets,
    taskEndOffsets: request.taskEndOffsets,
    shutdownApplication: request.shutdownApplication,
  };
}

/** Creates the internal topics that are missing. Answers what went wrong, as the end of a status's sentence. */
async function createTopics(
  context: RequestContext,
  missing: StreamsHeartbeatAnswer['missingTopics'],
): Promise<string> {
  if (missing.length === 0) return '';
  if (!isAllowedCluster(context, 'create')) {
    const forbidden = missing.filter(({ name }) => !isAllowed(context, 'create', 'topic', name));
    if (forbidden.length > 0)
      return `; Unauthorized to CREATE on topics ${forbidden.map(({ name }) => name).join(', ')}.`;
  }
  const refusals = await context.kafka.broker.createTopics(missing);
  const failed: string[] = [];
  for (const { name } of missing) {
    const refusal = refusals.get(name);
    if (refusal !== undefined) failed.push(`${name} (${refusal.message})`);
    else audited(context, { change: 'topic created', subject: name, detail: 'for a Streams application' });
  }
  return failed.length === 0 ? '' : `; Creation failed: ${failed.join(', ')}.`;
}

function endpointOf({ endpoint, active, standby }: EndpointPartitions) {
  const partitions = (list: EndpointPartitions['active']) =>
    list.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] }));
  return {
    userEndpoint: endpoint,
    activePartitions: partitions(active),
    standbyPartitions: partitions(standby),
  };
}

const taskIds = (tasks: readonly SubtopologyTasks[]) =>
  tasks.map(({ subtopologyId, partitions }) => ({ subtopologyId, partitions: [...partitions] }));

function responseOf(answer: StreamsHeartbeatAnswer, creation: string): StreamsGroupHeartbeatResponse {
  const { tasks, endpoints } = answer;
  return {
    ...defaultStreamsGroupHeartbeatResponse(),
    memberId: answer.memberId,
    memberEpoch: answer.epoch,
    heartbeatIntervalMs: answer.heartbeatIntervalMs,
    status: answer.statuses.map(({ kind, detail }) => ({
      statusCode: STATUS_CODES[kind],
      statusDetail: kind === 'missing-internal-topics' ? detail + creation : detail,
    })),
    activeTasks: tasks === null ? null : taskIds(tasks.active),
    standbyTasks: tasks === null ? null : taskIds(tasks.standby),
    warmupTasks: tasks === null ? null : taskIds(tasks.warmup),
    endpointInformationEpoch: answer.endpointEpoch,
    partitionsByUserEndpoint: endpoints === null ? null : endpoints.map(endpointOf),
  };
}

export const streamsGroupHeartbeat = defineApi({
  key: API_KEY.StreamsGroupHeartbeat,
  authorization: ['read group', 'describe topic', 'create cluster', 'create topic'],
  read: readStreamsGroupHeartbeatRequest,
  write: writeStreamsGroupHeartbeatResponse,
  handle(context, request, respond: (response: StreamsGroupHeartbeatResponse) => void) {
    const refuse = (error: BrokerError): void =>
      respond({ ...defaultStreamsGroupHeartbeatResponse(), ...errorFields(error) });
    const problem = check(context, request);
    if (problem !== null) return refuse(problem);
    askGroups(context.kafka.broker, commandOf(context, request), {
      kinds: ['streams-heartbeat'],
      done(answer) {
        if (answer instanceof BrokerError) return refuse(answer);
        void createTopics(context, answer.missingTopics).then((creation) =>
          respond(responseOf(answer, creation)),
        );
      },
    });
  },
});

type Described = StreamsGroupDescribeResponseDescribedGroup;

function refusedGroup(groupId: string, error: BrokerError): Described {
  return { ...defaultStreamsGroupDescribeResponseDescribedGroup(), groupId, ...errorFields(error) };
}

type DescribedTopology = NonNullable<StreamsGroupDescription['topology']>;

function describedTopic({
  name,
  partitions,
  replicationFactor,
  configs,
}: DescribedTopology['subtopologies'][number]['stateChangelogTopics'][number]): StreamsGroupDescribeResponseTopicInfo {
  const topicConfigs = configs.map(([key, value]) => ({ key, value }));
  return { name, partitions, replicationFactor, topicConfigs };
}

function describedTopology(topology: DescribedTopology): NonNullable<Described['topology']> {
  return {
    epoch: topology.epoch,
    subtopologies: topology.subtopologies.map((subtopology) => ({
      subtopologyId: subtopology.id,
      sourceTopics: [...subtopology.sourceTopics],
      repartitionSinkTopics: [...subtopology.repartitionSinkTopics],
      stateChangelogTopics: subtopology.stateChangelogTopics.map(describedTopic),
      repartitionSourceTopics: subtopology.repartitionSourceTopics.map(describedTopic),
    })),
  };
}

function describedMember(member: StreamsGroupDescription['members'][number]): Described['members'][number] {
  const { memberId, epoch, rackId, clientId, clientHost, topologyEpoch, processId, userEndpoint } = member;
  const assignment = (tasks: typeof member.assigned): StreamsGroupDescribeResponseAssignment => ({
    activeTasks: taskIds(tasks.active),
    standbyTasks: taskIds(tasks.standby),
    warmupTasks: taskIds(tasks.warmup),
  });
  return {
    memberId,
    memberEpoch: epoch,
    instanceId: null,
    rackId,
    clientId,
    clientHost,
    topologyEpoch,
    processId,
    userEndpoint,
    clientTags: member.clientTags.map(([key, value]) => ({ key, value })),
    taskOffsets: [...member.taskOffsets],
    taskEndOffsets: [...member.taskEndOffsets],
    assignment: assignment(member.assigned),
    targetAssignment: assignment(member.target),
    isClassic: false,
  };
}

function describedGroup(context: RequestContext, group: StreamsGroupDescription): Described {
  const topology = group.topology === null ? null : describedTopology(group.topology);
  if (topology !== null) {
    // Who may not know of a topic must not learn of it here.
    const hidden = topology.subtopologies!.some(
      ({ sourceTopics, repartitionSinkTopics, stateChangelogTopics, repartitionSourceTopics }) =>
        [
          ...sourceTopics,
          ...repartitionSinkTopics,
          ...[...stateChangelogTopics, ...repartitionSourceTopics].map(({ name }) => name),
        ].some((name) => !isAllowed(context, 'describe', 'topic', name)),
    );
    if (hidden) return refusedGroup(group.groupId, denied('topic'));
  }
  return {
    ...defaultStreamsGroupDescribeResponseDescribedGroup(),
    groupId: group.groupId,
    groupState: group.phase,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    topology,
    members: group.members.map(describedMember),
  };
}

export const streamsGroupDescribe = defineApi({
  key: API_KEY.StreamsGroupDescribe,
  authorization: ['describe group', 'describe topic'],
  read: readStreamsGroupDescribeRequest,
  write: writeStreamsGroupDescribeResponse,
  handle(context, request, respond: (response: StreamsGroupDescribeResponse) => void) {
    // Each once: an answer may be a thousand times its question.
    const wanted = [...new Set(request.groupIds)];
    const off = notServed(context);
    if (off !== null)
      return respond({ throttleTimeMs: 0, groups: wanted.map((groupId) => refusedGroup(groupId, off)) });
    const groupIds = wanted.filter((groupId) => isAllowed(context, 'describe', 'group', groupId));
    const allowed = new Set(groupIds);
    const forbidden = wanted
      .filter((groupId) => !allowed.has(groupId))
      .map((groupId) => refusedGroup(groupId, denied('group')));
    askGroups(
      context.kafka.broker,
      { kind: 'describe-streams', groupIds },
      {
        kinds: ['streams-described'],
        done(answer) {
          const described =
            answer instanceof BrokerError
              ? groupIds.map((groupId) => refusedGroup(groupId, answer))
              : answer.groups.map((group) => {
                  if ('error' in group) return refusedGroup(group.groupId, group.error);
                  const authorizedOperations = request.includeAuthorizedOperations
                    ? allowedOperations(context, 'group', group.groupId)
                    : NO_OPERATIONS;
                  return { ...describedGroup(context, group), authorizedOperations };
                });
          respond({ throttleTimeMs: 0, groups: [...described, ...forbidden] });
        },
      },
    );
  },
});
