/** What ShareFetch and ShareAcknowledge have in common: who asks, and in which share session. KIP-932. */
import { BrokerError } from '../../base/errors.ts';
import type { RequestContext } from './api.ts';
import { errorFields, INVALID_SHARE_SESSION_EPOCH, KAFKA_ERRORS, SHARE_SESSION_NOT_FOUND } from './errors.ts';
import { denied, isAllowed } from './handlers/authorize.ts';
import type { ShareSession } from './share-session.ts';

/** Epoch of a request that begins a session. */
export const INITIAL_EPOCH = 0;
/** Epoch of the last request of a session. */
export const FINAL_EPOCH = -1;
/** Member ids are UUIDs of clients. */
const MEMBER_ID_CHARACTERS_MAX = 36;

/** The leader stays what the client knows it to be. */
export const NO_LEADER = { leaderId: 0, leaderEpoch: 0 } as const;

/** An answer to the whole request. */
export interface ShareRefusal {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

interface ShareRequest {
  readonly groupId: string | null;
  readonly memberId: string | null;
  readonly shareSessionEpoch: number;
}

export const invalidRequest = (errorMessage: string): ShareRefusal => ({
  errorCode: KAFKA_ERRORS['invalid-request'],
  errorMessage,
});

export const wrongEpoch = (errorMessage: string): ShareRefusal => ({
  errorCode: INVALID_SHARE_SESSION_EPOCH,
  errorMessage,
});

/** Why share groups aren't served, or null. */
export function notServed({ kafka }: RequestContext): BrokerError | null {
  if (kafka.broker.metadata.image.features.level('share.version') >= 1) return null;
  return new BrokerError(
    'unsupported-version',
    'Share groups are off: raise the feature share.version to 1.',
  );
}

export function memberIdProblem(memberId: string | null): BrokerError | null {
  if (memberId !== null && memberId !== '' && memberId.length <= MEMBER_ID_CHARACTERS_MAX) return null;
  const why = `The id of a member has 1 to ${MEMBER_ID_CHARACTERS_MAX} characters.`;
  return new BrokerError('invalid-request', why);
}

/** Kafka's checks, in its order; null: go on. */
export function checkShareRequest(
  context: RequestContext,
  { groupId, memberId, shareSessionEpoch }: ShareRequest,
): ShareRefusal | null {
  const off = notServed(context);
  if (off !== null) return errorFields(off);
  if (groupId === null || groupId === '') return invalidRequest('A share group has an id.');
  if (!isAllowed(context, 'read', 'group', groupId)) return errorFields(denied('group'));
  const problem = memberIdProblem(memberId);
  if (problem !== null) return errorFields(problem);
  if (shareSessionEpoch < FINAL_EPOCH)
    return wrongEpoch(`The epoch of a share session can't be ${shareSessionEpoch}.`);
  if (context.kafka.broker.shareGroups.has(groupId)) return null;
  return errorFields(
    new BrokerError('group-not-found', `There is no share group '${groupId}': join it first.`),
  );
}

/** The session that a checked request goes on with, or ends. */
export function sessionOf(
  { kafka }: RequestContext,
  { groupId, memberId, shareSessionEpoch }: ShareRequest,
): ShareSession | ShareRefusal {
  const session = kafka.shareSessions.find(groupId!, memberId!);
  if (session === undefined) {
    const errorMessage = 'The consumer has no share session: begin one with epoch 0.';
    return { errorCode: SHARE_SESSION_NOT_FOUND, errorMessage };
  }
  if (shareSessionEpoch === FINAL_EPOCH) return session;
  if (shareSessionEpoch !== session.nextEpoch)
    return wrongEpoch(`The share session is at epoch ${session.nextEpoch}, not ${shareSessionEpoch}.`);
  session.advanceEpoch();
  return session;
}
