/** ShareAcknowledge (key 79). KIP-932, KIP-1222. */
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  defaultShareAcknowledgeResponse,
  readShareAcknowledgeRequest,
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponse,
  type ShareAcknowledgeResponseTopic,
  writeShareAcknowledgeResponse,
} from '../codec/generated/share-acknowledge.ts';
import { type AckOutcome, acknowledge } from '../share-acks.ts';
import {
  checkShareRequest,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  NO_LEADER,
  type ShareRefusal,
  sessionOf,
  wrongEpoch,
} from '../share-request.ts';
import type { ShareSession } from '../share-session.ts';

type Respond = (response: ShareAcknowledgeResponse) => void;

function handle(context: RequestContext, request: ShareAcknowledgeRequest, respond: Respond): void {
  const session = continued(context, request);
  if (!('consumer' in session)) return respond({ ...defaultShareAcknowledgeResponse(), ...session });
  const { shareGroups } = context.kafka.broker;
  const { shareSessions } = context.kafka;
  const settings = shareGroups.settings(session.groupId);
  const { topics, isRenewAck: renews } = request;
  acknowledge(context, { session, settings, topics, renews }, (outcomes) => {
    if (request.shareSessionEpoch === FINAL_EPOCH) shareSessions.close(session);
    respond({
      ...defaultShareAcknowledgeResponse(),
      acquisitionLockTimeoutMs: settings.subscription.lockMs,
      responses: responsesOf(outcomes),
    });
  });
}

/** The session that the request goes on with. */
function continued(context: RequestContext, request: ShareAcknowledgeRequest): ShareSession | ShareRefusal {
  const refusal = checkShareRequest(context, request);
  if (refusal !== null) return refusal;
  const { shareSessionEpoch } = request;
  if (shareSessionEpoch === INITIAL_EPOCH)
    return wrongEpoch('Acknowledgements begin no share session: fetch first.');
  return sessionOf(context, request);
}

function responsesOf(outcomes: readonly AckOutcome[]): ShareAcknowledgeResponseTopic[] {
  const topics = new Map<string, ShareAcknowledgeResponseTopic>();
  for (const { topicId, partition, errorCode, errorMessage } of outcomes) {
    let topic = topics.get(topicId);
    if (topic === undefined) topics.set(topicId, (topic = { topicId, partitions: [] }));
    topic.partitions.push({ partitionIndex: partition, errorCode, errorMessage, currentLeader: NO_LEADER });
  }
  return [...topics.values()];
}

export const shareAcknowledge = defineApi({
  key: API_KEY.ShareAcknowledge,
  authorization: ['read group', 'read topic'],
  read: readShareAcknowledgeRequest,
  write: writeShareAcknowledgeResponse,
  handle,
});
