/** How members of the Streams protocol go: by themselves, when their session ends, and when they don't give back tasks. */
import { BrokerError } from '../../base/errors.ts';
import { type DraftContext, type GroupDecision, replyTo, unknownMember } from '../draft.ts';
import type { LiveGroup } from '../model.ts';
import type { StreamsHeartbeatCommand } from './commands.ts';
import { StreamsDraft } from './draft.ts';
import type { StreamsGroup, StreamsMember } from './model.ts';

export function notOfStreams(groupId: string): BrokerError {
  return new BrokerError('group-not-found', `Group '${groupId}' is not of the Streams protocol.`);
}

export function decideStreamsLeave(
  live: LiveGroup | undefined,
  command: StreamsHeartbeatCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const { groupId, memberId, epoch } = command;
  if (live?.type !== 'streams') return replyTo(token, notOfStreams(groupId));
  const draft = new StreamsDraft(live, context);
  const member = draft.member(memberId);
  if (member === undefined) return replyTo(token, unknownMember(memberId));
  if (command.shutdownApplication) draft.changeLive({ shutdownMemberId: memberId });
  removeMember(draft, member);
  draft.reply(token, {
    kind: 'streams-heartbeat',
    memberId,
    epoch,
    heartbeatIntervalMs: 0,
    statuses: [],
    tasks: null,
    endpointEpoch: 0,
    endpoints: null,
    missingTopics: [],
  });
  return draft.decision();
}

/** Its tasks are free at once; the next heartbeat of another member divides anew. */
function removeMember(draft: StreamsDraft, member: StreamsMember): void {
  draft.remove(member);
  draft.bumpEpoch({});
}

/** A session is over. */
export function streamsSessionDue(
  group: StreamsGroup,
  memberId: string,
  context: DraftContext,
): GroupDecision {
  const member = group.members.get(memberId);
  return member === undefined ? {} : removal(group, member, context);
}

/** A member had its time to give back tasks; one that is still in the same epoch is removed. */
export function streamsRevokeDue(
  group: StreamsGroup,
  { memberId, epoch }: { readonly memberId: string; readonly epoch: number },
  context: DraftContext,
): GroupDecision {
  const member = group.members.get(memberId);
  if (member === undefined || member.state !== 'unrevoked' || member.epoch !== epoch) return {};
  return removal(group, member, context);
}

function removal(group: StreamsGroup, member: StreamsMember, context: DraftContext): GroupDecision {
  const draft = new StreamsDraft(group, context);
  removeMember(draft, member);
  return draft.decision();
}
