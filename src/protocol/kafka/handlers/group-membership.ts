/**
 * JoinGroup, SyncGroup, Heartbeat, LeaveGroup (keys 11, 14, 12, 13): the classic membership protocol. KIP-62, KIP-345, KIP-394,
 * KIP-559, KIP-814.
 */
import { BrokerError } from '../../../base/errors.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import { defineApi } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type HeartbeatResponse,
  readHeartbeatRequest,
  writeHeartbeatResponse,
} from '../codec/generated/heartbeat.ts';
import {
  defaultJoinGroupResponse,
  type JoinGroupResponse,
  readJoinGroupRequest,
  writeJoinGroupResponse,
} from '../codec/generated/join-group.ts';
import {
  type LeaveGroupResponse,
  readLeaveGroupRequest,
  writeLeaveGroupResponse,
} from '../codec/generated/leave-group.ts';
import {
  defaultSyncGroupResponse,
  readSyncGroupRequest,
  type SyncGroupResponse,
  writeSyncGroupResponse,
} from '../codec/generated/sync-group.ts';
import { errorCodeOf, KAFKA_ERRORS } from '../errors.ts';
import { denied, isAllowed } from './authorize.ts';

/** First versions of JoinGroup that ask for a member id before the join (KIP-394), and know KIP-814. */
const MEMBER_ID_REQUIRED_VERSION = 4;
const SKIP_ASSIGNMENT_VERSION = 9;
/** From here on the protocol's name may be null. */
const NULLABLE_PROTOCOL_VERSION = 7;
/** From here on LeaveGroup names several members. */
const LEAVE_MEMBERS_VERSION = 3;

const DENIED = KAFKA_ERRORS['group-authorization-failed'];

export const joinGroup = defineApi({
  key: API_KEY.JoinGroup,
  authorization: ['read group'],
  read: readJoinGroupRequest,
  write: writeJoinGroupResponse,
  handle(context, request, respond: (response: JoinGroupResponse) => void) {
    const { sessionTimeoutMs, rebalanceTimeoutMs, memberId, protocolType, protocols, groupId } = request;
    const unnamed = context.apiVersion >= NULLABLE_PROTOCOL_VERSION ? null : '';
    const refuse = (error: BrokerError, id: string): void => {
      const errorCode = KAFKA_ERRORS[error.code];
      respond({ ...defaultJoinGroupResponse(), errorCode, protocolName: unnamed, memberId: id });
    };
    if (!isAllowed(context, 'read', 'group', groupId)) return refuse(denied('group'), '');
    askGroups(
      context.kafka.broker,
      {
        kind: 'join',
        groupId,
        memberId,
        instanceId: request.groupInstanceId,
        clientId: context.clientId,
        clientHost: `/${context.clientHost}`,
        sessionTimeoutMs,
        rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
        protocolType,
        protocols,
        memberIdRequired: context.apiVersion >= MEMBER_ID_REQUIRED_VERSION,
        skipAssignmentSupported: context.apiVersion >= SKIP_ASSIGNMENT_VERSION,
        newMemberIdSuffix: context.kafka.broker.randomId(),
      },
      {
        kinds: ['joined', 'member-id-required'],
        done(answer) {
          if (answer instanceof BrokerError) return refuse(answer, memberId);
          if (answer.kind === 'member-id-required') {
            const error = new BrokerError(
              'member-id-required',
              'join again with the member id of this answer',
            );
            return refuse(error, answer.memberId);
          }
          respond({
            throttleTimeMs: 0,
            errorCode: 0,
            generationId: answer.generation,
            protocolType: answer.protocolType,
            protocolName: answer.protocolName ?? unnamed,
            leader: answer.leaderId,
            skipAssignment: answer.skipAssignment,
            memberId: answer.memberId,
            members: answer.members.map((member) => ({
              memberId: member.memberId,
              groupInstanceId: member.instanceId,
              metadata: member.metadata,
            })),
          });
        },
      },
    );
  },
});

export const syncGroup = defineApi({
  key: API_KEY.SyncGroup,
  authorization: ['read group'],
  read: readSyncGroupRequest,
  write: writeSyncGroupResponse,
  handle(context, request, respond: (response: SyncGroupResponse) => void) {
    const { groupId, memberId, protocolType, protocolName, assignments } = request;
    if (!isAllowed(context, 'read', 'group', groupId)) {
      return respond({ ...defaultSyncGroupResponse(), errorCode: DENIED });
    }
    askGroups(
      context.kafka.broker,
      {
        kind: 'sync',
        groupId,
        memberId,
        instanceId: request.groupInstanceId,
        generation: request.generationId,
        protocolType,
        protocolName,
        assignments,
      },
      {
        kinds: ['synced'],
        done(answer) {
          if (answer instanceof BrokerError) {
            return respond({ ...defaultSyncGroupResponse(), errorCode: KAFKA_ERRORS[answer.code] });
          }
          const { protocolType: type, protocolName: name, assignment } = answer;
          respond({ throttleTimeMs: 0, errorCode: 0, protocolType: type, protocolName: name, assignment });
        },
      },
    );
  },
});

export const heartbeat = defineApi({
  key: API_KEY.Heartbeat,
  authorization: ['read group'],
  read: readHeartbeatRequest,
  write: writeHeartbeatResponse,
  handle(context, request, respond: (response: HeartbeatResponse) => void) {
    const { groupId, memberId, groupInstanceId: instanceId, generationId: generation } = request;
    if (!isAllowed(context, 'read', 'group', groupId)) {
      return respond({ throttleTimeMs: 0, errorCode: DENIED });
    }
    askGroups(
      context.kafka.broker,
      { kind: 'heartbeat', groupId, memberId, instanceId, generation },
      {
        kinds: ['heartbeat'],
        done: (answer) =>
          respond({
            throttleTimeMs: 0,
            errorCode: answer instanceof BrokerError ? KAFKA_ERRORS[answer.code] : 0,
          }),
      },
    );
  },
});

export const leaveGroup = defineApi({
  key: API_KEY.LeaveGroup,
  authorization: ['read group'],
  read: readLeaveGroupRequest,
  write: writeLeaveGroupResponse,
  handle(context, request, respond: (response: LeaveGroupResponse) => void) {
    if (!isAllowed(context, 'read', 'group', request.groupId)) {
      return respond({ throttleTimeMs: 0, errorCode: DENIED, members: [] });
    }
    const batched = context.apiVersion >= LEAVE_MEMBERS_VERSION;
    const members = batched
      ? request.members.map((member) => ({ memberId: member.memberId, instanceId: member.groupInstanceId }))
      : [{ memberId: request.memberId, instanceId: null }];
    askGroups(
      context.kafka.broker,
      { kind: 'leave', groupId: request.groupId, members },
      {
        kinds: ['left'],
        done(answer) {
          if (answer instanceof BrokerError) {
            return respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS[answer.code], members: [] });
          }
          if (!batched) {
            const errorCode = errorCodeOf(answer.members[0]?.error ?? null);
            return respond({ throttleTimeMs: 0, errorCode, members: [] });
          }
          respond({
            throttleTimeMs: 0,
            errorCode: 0,
            members: answer.members.map(({ memberId, instanceId, error }) => ({
              memberId,
              groupInstanceId: instanceId,
              errorCode: errorCodeOf(error),
            })),
          });
        },
      },
    );
  },
});
