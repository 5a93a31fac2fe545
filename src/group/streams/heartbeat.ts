/** StreamsGroupHeartbeat (KIP-1071): joining, going on, and being given tasks. */
import { BrokerError } from '../../base/errors.ts';
import { type DraftContext, type GroupDecision, replyTo, unknownMember } from '../draft.ts';
import { isEmpty } from '../group-type.ts';
import type { GroupsState, LiveGroup } from '../model.ts';
import { checkHeartbeat, checkOwned } from './check-heartbeat.ts';
import { JOINING_EPOCH, type StreamsHeartbeatCommand, type StreamsStatus } from './commands.ts';
import type { ConfiguredTopology } from './configure.ts';
import { StreamsDraft } from './draft.ts';
import { endpointPartitions } from './endpoints.ts';
import { decideStreamsLeave, notOfStreams } from './leave.ts';
import { newStreamsGroup, type StreamsGroup, type StreamsMember, type StreamsMetadata } from './model.ts';
import { reconcile } from './reconcile.ts';
import { configured, delayOf, refreshEpoch, updateTarget } from './target.ts';
import { containsTasks, fromLists, listsOf, sameTasks, type Tasks } from './tasks.ts';
import { sameTopology, type Topology } from './topology.ts';

export function decideStreamsHeartbeat(
  state: GroupsState,
  command: StreamsHeartbeatCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const problem = checkHeartbeat(command, context);
  if (problem !== null) return replyTo(token, problem);
  const live = state.groups.get(command.groupId)?.live;
  if (command.epoch < 0) return decideStreamsLeave(live, command, token, context);
  const group = openGroup(live, command);
  if (group instanceof BrokerError) return replyTo(token, group);
  const draft = new StreamsDraft(group, context);
  const refusal = heartbeat(draft, command, token);
  return refusal === null ? draft.decision() : replyTo(token, refusal);
}

/** The group, which a joining member makes; an empty group of another kind gives way, and leaves its offsets. */
function openGroup(
  live: LiveGroup | undefined,
  { groupId, epoch }: StreamsHeartbeatCommand,
): StreamsGroup | BrokerError {
  if (live?.type === 'streams') return live;
  if (live === undefined && epoch !== JOINING_EPOCH)
    return new BrokerError('group-not-found', `There is no group '${groupId}': join it with epoch 0.`);
  if (live === undefined || (epoch === JOINING_EPOCH && live.type === 'classic' && isEmpty(live)))
    return newStreamsGroup(groupId);
  return notOfStreams(groupId);
}

/** Nothing comes of the draft when this gives an error. */
function heartbeat(draft: StreamsDraft, command: StreamsHeartbeatCommand, token: number): BrokerError | null {
  const before = draft.member(command.memberId);
  const owned = command.owned === null ? null : fromLists(command.owned);
  const refusal = checkMember(draft, before, { memberId: command.memberId, epoch: command.epoch, owned });
  if (refusal !== null) return refusal;
  const metadata = metadataOf(before, command);
  const memberChanged = before === undefined || !sameMetadata(before, metadata);
  if (memberChanged) draft.putMetadata(metadata);
  const topology = takeTopology(draft, command);
  if (topology instanceof BrokerError) return topology;
  const setting = configured(draft, topology);
  if (setting instanceof BrokerError) return setting;
  if (owned !== null && setting.problem === null) {
    const wrong = checkOwned(owned, setting.subtopologies!);
    if (wrong !== null) return wrong;
  }
  const { initialRebalanceDelayMs, sessionTimeoutMs } = draft.config;
  if (draft.sizeBefore === 0 && initialRebalanceDelayMs > 0) draft.delayAssignment(initialRebalanceDelayMs);
  refreshEpoch(draft, { topology, configured: setting, memberChanged });
  const delay = draft.at.epoch > draft.assignmentEpoch ? delayOf(draft) : null;
  if (draft.at.epoch > draft.assignmentEpoch && delay === null) updateTarget(draft, setting);
  step(draft, command.memberId, owned);
  if (before === undefined) draft.startSession(command.memberId, sessionTimeoutMs);
  else draft.heard(command.memberId, sessionTimeoutMs);
  keepOffsets(draft, command);
  if (command.shutdownApplication) draft.changeLive({ shutdownMemberId: command.memberId });
  answer(draft, command, { before, owned, token, topology, configured: setting, delay });
  return null;
}

function checkMember(
  draft: StreamsDraft,
  member: StreamsMember | undefined,
  { memberId, epoch, owned }: { memberId: string; epoch: number; owned: Tasks | null },
): BrokerError | null {
  if (epoch === JOINING_EPOCH) {
    const { streamsMembersMax } = draft.context.settings;
    if (member !== undefined || draft.sizeBefore < streamsMembersMax) return null;
    return new BrokerError(
      'group-max-size-reached',
      `The group has its most members already (group.streams.max.size is ${streamsMembersMax}).`,
    );
  }
  if (member === undefined) return unknownMember(memberId);
  if (epoch === member.epoch) return null;
  // The answer with the new epoch may have been lost.
  const again = epoch === member.previousEpoch && owned !== null && containsTasks(member.assigned, owned);
  if (epoch < member.epoch && again) return null;
  return new BrokerError(
    'fenced-member-epoch',
    `The request is of member epoch ${epoch}, the member is in ${member.epoch}: close all tasks and join again.`,
  );
}

function metadataOf(before: StreamsMember | undefined, command: StreamsHeartbeatCommand): StreamsMetadata {
  const { memberId, rackId, clientId, clientHost, rebalanceTimeoutMs, topology } = command;
  return {
    memberId,
    rackId: rackId ?? before?.rackId ?? null,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? (before?.rebalanceTimeoutMs ?? 0) : rebalanceTimeoutMs,
    topologyEpoch: topology?.epoch ?? before?.topologyEpoch ?? 0,
    processId: command.processId ?? before?.processId ?? '',
    userEndpoint: command.userEndpoint ?? before?.userEndpoint ?? null,
    clientTags: command.clientTags ?? before?.clientTags ?? [],
  };
}

function sameMetadata(a: StreamsMetadata, b: StreamsMetadata): boolean {
  return (
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.topologyEpoch === b.topologyEpoch &&
    a.processId === b.processId &&
    a.userEndpoint?.host === b.userEndpoint?.host &&
    a.userEndpoint?.port === b.userEndpoint?.port &&
    (a.clientTags === b.clientTags || JSON.stringify(a.clientTags) === JSON.stringify(b.clientTags))
  );
}

/** The group's topology: that of the first member, and of whoever finds the group without members. */
function takeTopology(
  draft: StreamsDraft,
  { topology: given }: StreamsHeartbeatCommand,
): Topology | BrokerError {
  const known = draft.topology;
  if (given === null) {
    return known ?? new BrokerError('invalid-request', 'The group has no topology: join it with epoch 0.');
  }
  if (known !== null) {
    if (sameTopology(known, given)) return known;
    if (draft.sizeBefore > 0) {
      if (given.epoch < known.epoch) return known;
      return new BrokerError(
        'invalid-request',
        'The topology is not that of the other members: stop all of them before you start the changed application.',
      );
    }
  }
  draft.putTopology(given);
  return given;
}

/** Brings the member a step closer to its target. */
function step(draft: StreamsDraft, memberId: string, owned: Tasks | null): void {
  const member = draft.member(memberId)!;
  const progress = reconcile({
    progress: member,
    processId: member.processId,
    target: { epoch: draft.assignmentEpoch, tasks: draft.target(memberId) },
    owned,
    owners: draft.owners,
  });
  if (progress !== member) draft.putProgress(memberId, progress);
}

/** How far the member has restored its tasks: for descriptions. */
function keepOffsets(
  draft: StreamsDraft,
  { memberId, taskOffsets, taskEndOffsets }: StreamsHeartbeatCommand,
): void {
  if (taskOffsets === null && taskEndOffsets === null) return;
  const member = draft.member(memberId)!;
  draft.putOffsets(memberId, {
    taskOffsets: taskOffsets ?? member.taskOffsets,
    taskEndOffsets: taskEndOffsets ?? member.taskEndOffsets,
  });
}

interface Told {
  readonly before: StreamsMember | undefined;
  readonly owned: Tasks | null;
  readonly token: number;
  readonly topology: Topology;
  readonly configured: ConfiguredTopology;
  readonly delay: string | null;
}

function answer(draft: StreamsDraft, command: StreamsHeartbeatCommand, told: Told): void {
  const { before, configured: setting } = told;
  const member = draft.member(command.memberId)!;
  const isNews =
    before === undefined ||
    command.epoch !== before.epoch ||
    !sameTasks(before.assigned, member.assigned) ||
    // It hasn't got there yet, or the answer that told it was lost (Kafka 4.3 tells it no more then).
    (told.owned !== null && !sameTasks(told.owned, member.assigned));
  if (isNews && member.userEndpoint !== null)
    draft.changeLive({ endpointEpoch: draft.live.endpointEpoch + 1 });
  const { endpointEpoch } = draft.live;
  const endpoints =
    endpointEpoch === command.endpointEpoch || setting.subtopologies === null
      ? null
      : endpointPartitions(draft, setting.subtopologies);
  draft.reply(told.token, {
    kind: 'streams-heartbeat',
    memberId: member.memberId,
    epoch: member.epoch,
    heartbeatIntervalMs: draft.config.heartbeatIntervalMs,
    statuses: statuses(draft, member, told),
    tasks: isNews ? listsOf(member.assigned) : null,
    endpointEpoch,
    endpoints,
    missingTopics: setting.missingTopics,
  });
}

function statuses(draft: StreamsDraft, member: StreamsMember, told: Told): StreamsStatus[] {
  const all: StreamsStatus[] = [];
  const { topology, delay, configured: setting } = told;
  if (member.topologyEpoch < topology.epoch) {
    all.push({
      kind: 'stale-topology',
      detail: `The member's topology epoch ${member.topologyEpoch} is behind the group's topology epoch ${topology.epoch}.`,
    });
  }
  if (delay !== null) all.push({ kind: 'assignment-delayed', detail: delay });
  if (setting.problem !== null) all.push(setting.problem);
  const { shutdownMemberId } = draft.live;
  if (shutdownMemberId !== null) {
    all.push({
      kind: 'shutdown-application',
      detail: `Streams group member ${shutdownMemberId} encountered a fatal error and requested a shutdown for the entire application.`,
    });
  }
  return all;
}

/** The time for more members to come is over. */
export function streamsAssignmentDue(group: StreamsGroup, context: DraftContext): GroupDecision {
  const { topology, at, assignmentEpoch } = group;
  if (topology === null || group.members.size === 0 || at.epoch === assignmentEpoch) return {};
  const draft = new StreamsDraft(group, context);
  const setting = configured(draft, topology);
  // What is wrong is told with the next heartbeat.
  if (setting instanceof BrokerError) return {};
  refreshEpoch(draft, { topology, configured: setting, memberChanged: false });
  updateTarget(draft, setting);
  return draft.decision();
}
