/**
 * Members of the classic protocol in a group of the consumer protocol (KIP-848): JoinGroup, SyncGroup, Heartbeat and
 * LeaveGroup are served for them. The coordinator assigns, so that no member leads; a join is answered at once with the
 * member's epoch as the generation, and a heartbeat tells it to join again when there is something to give up or to get.
 */
import { BrokerError } from '../../base/errors.ts';
import type {
  HeartbeatCommand,
  JoinCommand,
  LeaveCommand,
  LeavingMember,
  OwnedTopic,
  SyncCommand,
} from '../commands.ts';
import {
  copied,
  type DraftContext,
  fencedInstance,
  type GroupDecision,
  rebalanceInProgress,
  replyTo,
  unknownMember,
} from '../draft.ts';
import { checkJoin, newMemberId } from '../join.ts';
import { type LeavingProblem, leavingError } from '../membership.ts';
import { CONSUMER_PROTOCOL_TYPE } from '../model.ts';
import { readSubscription, type Subscription } from '../subscription.ts';
import { refreshTopics, resolveTopics } from './assignment.ts';
import { assignmentOf, decisionAfterLeaving } from './convert.ts';
import { ConsumerDraft } from './draft.ts';
import { illegalGeneration } from './epoch-rules.ts';
import { advance, replaceStatic, wantsOther } from './heartbeat.ts';
import { removeMembers } from './leave.ts';
import type { ClassicSide, ConsumerGroup, ConsumerMember } from './model.ts';

type ClassicMember = ConsumerMember & { readonly classic: ClassicSide };

export function decideClassicJoin(
  group: ConsumerGroup,
  command: JoinCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const draft = new ConsumerDraft(group, context);
  const problem = checkJoin(command, context) ?? checkRoom(draft, command) ?? checkProtocols(draft, command);
  if (problem !== null) return replyTo(token, problem);
  const subscription = readSubscription(command.protocols[0]!.metadata);
  if (subscription === null) return replyTo(token, inconsistent(command));
  const isNew = command.memberId === '';
  const memberId = isNew ? newMemberId(command) : command.memberId;
  if (isNew && command.instanceId === null && command.memberIdRequired) {
    return replyTo(token, { kind: 'member-id-required', memberId });
  }
  const before = findJoining(draft, command, memberId);
  if (before instanceof BrokerError) return replyTo(token, before);
  const member = join(draft, { command, subscription, memberId, before });
  draft.startSession(memberId, command.sessionTimeoutMs);
  // It has to ask for its assignment.
  draft.startRejoinTimer(memberId, command.rebalanceTimeoutMs);
  draft.reply(token, {
    kind: 'joined',
    memberId,
    generation: member.epoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: command.protocols[0]!.name,
    leaderId: '',
    members: [],
    skipAssignment: false,
  });
  return decisionAfterLeaving(draft);
}

function checkRoom(draft: ConsumerDraft, { memberId }: JoinCommand): BrokerError | null {
  const { consumerMembersMax, consumerMigration } = draft.context.settings;
  if (consumerMigration === 'disabled') {
    return new BrokerError(
      'inconsistent-group-protocol',
      'The group is of the consumer protocol, and group.consumer.migration.policy is disabled: use group.protocol=consumer.',
    );
  }
  if (draft.size < consumerMembersMax || draft.member(memberId) !== undefined) return null;
  return new BrokerError(
    'group-max-size-reached',
    `The group has its most members already (group.consumer.max.size is ${consumerMembersMax}).`,
  );
}

/** A classic member needs a protocol that all classic members have. */
function checkProtocols(draft: ConsumerDraft, command: JoinCommand): BrokerError | null {
  if (command.protocolType !== CONSUMER_PROTOCOL_TYPE || command.protocols.length === 0) {
    return inconsistent(command);
  }
  let common = command.protocols.map(({ name }) => name);
  for (const { memberId, classic } of draft.members()) {
    if (classic === null || memberId === command.memberId) continue;
    common = common.filter((name) => classic.protocols.some((protocol) => protocol.name === name));
  }
  return common.length > 0 ? null : inconsistent(command);
}

function inconsistent({ protocolType }: JoinCommand): BrokerError {
  return new BrokerError(
    'inconsistent-group-protocol',
    `The group is of consumers: the protocol type '${protocolType}' and the member's protocols don't fit to it.`,
  );
}

/** The member as it was before, undefined for a new one. */
function findJoining(
  draft: ConsumerDraft,
  { memberId: given, instanceId }: JoinCommand,
  memberId: string,
): ConsumerMember | undefined | BrokerError {
  if (instanceId === null) return draft.member(memberId);
  const holder = draft.staticMember(instanceId);
  if (holder === undefined) return given === '' ? undefined : unknownMember(given);
  if (given === '') return replaceStatic(draft, holder, memberId);
  return holder.memberId === given ? holder : fencedInstance(instanceId, given);
}

function join(
  draft: ConsumerDraft,
  joining: {
    readonly command: JoinCommand;
    readonly subscription: Subscription;
    readonly memberId: string;
    readonly before: ConsumerMember | undefined;
  },
): ConsumerMember {
  const { command, subscription, memberId, before } = joining;
  const metadata = {
    memberId,
    instanceId: command.instanceId,
    rackId: subscription.rackId,
    clientId: command.clientId,
    clientHost: command.clientHost,
    rebalanceTimeoutMs: command.rebalanceTimeoutMs,
    serverAssignor: null,
    topics: [...new Set(subscription.topics)].sort(),
    regex: null,
    classic: { sessionTimeoutMs: command.sessionTimeoutMs, protocols: copied(command.protocols) },
  };
  const subscriptionChanged = before === undefined || wantsOther(before, metadata);
  draft.putMetadata(metadata);
  if (subscriptionChanged || draft.topicsStale) {
    if (draft.topicsStale) resolveTopics(draft, () => true);
    refreshTopics(draft, subscriptionChanged);
  }
  return advance(draft, memberId, { subscriptionChanged, owned: ownedBy(draft, subscription) });
}

function ownedBy({ context }: ConsumerDraft, { owned }: Subscription): OwnedTopic[] {
  return owned.flatMap(({ topic, partitions }) => {
    const topicId = context.world.topic(topic)?.id;
    return topicId === undefined ? [] : [{ topicId, partitions }];
  });
}

/** The member that the request is of, or why it isn't one. */
function findMember(
  draft: ConsumerDraft,
  { memberId, instanceId, generation }: SyncCommand | HeartbeatCommand,
): ClassicMember | BrokerError {
  const member = instanceId === null ? draft.member(memberId) : draft.staticMember(instanceId);
  if (member === undefined) return unknownMember(memberId);
  if (member.memberId !== memberId) return fencedInstance(instanceId ?? '', memberId);
  const { classic, epoch } = member;
  if (classic === null) return unknownMember(memberId);
  return generation === epoch ? { ...member, classic } : illegalGeneration(generation, epoch);
}

export function decideClassicSync(
  group: ConsumerGroup,
  command: SyncCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const draft = new ConsumerDraft(group, context);
  const member = findMember(draft, command);
  if (member instanceof BrokerError) return replyTo(token, member);
  const { memberId, classic } = member;
  const protocolName = classic.protocols[0]!.name;
  const differs = (given: string | null, own: string): boolean => given !== null && given !== own;
  if (differs(command.protocolType, CONSUMER_PROTOCOL_TYPE) || differs(command.protocolName, protocolName)) {
    return replyTo(
      token,
      new BrokerError(
        'inconsistent-group-protocol',
        `The member joined with ${CONSUMER_PROTOCOL_TYPE} and ${protocolName}, not ${command.protocolType} and ${command.protocolName}.`,
      ),
    );
  }
  if (mustRejoin(draft, member) && member.state !== 'unrevoked') {
    draft.startRejoinTimer(memberId, member.rebalanceTimeoutMs);
    draft.reply(token, rebalanceInProgress());
    return draft.decision();
  }
  draft.cancelRejoin(memberId);
  draft.heard(memberId, classic.sessionTimeoutMs);
  const assignment = assignmentOf(member, context.world);
  draft.reply(token, { kind: 'synced', protocolType: CONSUMER_PROTOCOL_TYPE, protocolName, assignment });
  return draft.decision();
}

/** Whether a newer target waits for the member, or one can be computed when somebody joins. */
function mustRejoin(draft: ConsumerDraft, { epoch }: ConsumerMember): boolean {
  return (
    epoch < draft.assignmentEpoch ||
    draft.topicsStale ||
    (draft.epoch > draft.assignmentEpoch && draft.isAssignmentDue)
  );
}

export function decideClassicHeartbeat(
  group: ConsumerGroup,
  command: HeartbeatCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const draft = new ConsumerDraft(group, context);
  const member = findMember(draft, command);
  if (member instanceof BrokerError) return replyTo(token, member);
  const { memberId, classic, rebalanceTimeoutMs } = member;
  draft.heard(memberId, classic.sessionTimeoutMs);
  const rejoins = mustRejoin(draft, member) || member.state === 'unrevoked' || couldTake(draft, member);
  if (rejoins) draft.startRejoinTimer(memberId, rebalanceTimeoutMs);
  draft.reply(token, rejoins ? rebalanceInProgress() : { kind: 'heartbeat' });
  return draft.decision();
}

/** Whether all that the member waits for is free. */
function couldTake(draft: ConsumerDraft, { memberId, state }: ConsumerMember): boolean {
  if (state !== 'unreleased') return false;
  for (const [topicId, partitions] of draft.target(memberId)) {
    if (!partitions.every((partition) => draft.isFree(topicId, partition, memberId))) return false;
  }
  return true;
}

/** Removes also members of the consumer protocol: an administrator names members by their ids. */
export function decideConsumersLeaveByName(
  group: ConsumerGroup,
  command: LeaveCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const draft = new ConsumerDraft(group, context);
  const errors = new Map<LeavingProblem, BrokerError>();
  const removed = new Set<string>();
  const members = command.members.map((leaving) => {
    const found = findLeaving(draft, leaving);
    const problem = typeof found !== 'string' && removed.has(found.memberId) ? 'unknown-member' : found;
    if (typeof problem === 'string') return { ...leaving, error: leavingError(errors, problem) };
    removed.add(problem.memberId);
    return { ...leaving, error: null };
  });
  if (removed.size > 0) removeMembers(draft, [...removed]);
  draft.reply(token, { kind: 'left', members });
  return decisionAfterLeaving(draft);
}

function findLeaving(
  draft: ConsumerDraft,
  { memberId, instanceId }: LeavingMember,
): ConsumerMember | LeavingProblem {
  if (instanceId === null) return draft.member(memberId) ?? 'unknown-member';
  const holder = draft.staticMember(instanceId);
  if (holder === undefined) return 'unknown-member';
  return memberId === '' || memberId === holder.memberId ? holder : 'fenced-instance-id';
}
