/** DescribeGroups, ListGroups, DeleteGroups (keys 15, 16, 42). KIP-222, KIP-518 (states), KIP-848 (types), KIP-1043. */
import { BrokerError } from '../../../base/errors.ts';
import { defineApi } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type DeleteGroupsResponse,
  readDeleteGroupsRequest,
  writeDeleteGroupsResponse,
} from '../codec/generated/delete-groups.ts';
import {
  type DescribeGroupsResponse,
  type DescribeGroupsResponseGroup,
  defaultDescribeGroupsResponseGroup,
  readDescribeGroupsRequest,
  writeDescribeGroupsResponse,
} from '../codec/generated/describe-groups.ts';
import {
  type ListGroupsResponse,
  readListGroupsRequest,
  writeListGroupsResponse,
} from '../codec/generated/list-groups.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { askGroups, errorCodeOf } from './group-call.ts';

/** Before this version a group that does not exist is described as dead, without an error. */
const GROUP_NOT_FOUND_VERSION = 6;

export const describeGroups = defineApi({
  key: API_KEY.DescribeGroups,
  read: readDescribeGroupsRequest,
  write: writeDescribeGroupsResponse,
  handle(context, request, respond: (response: DescribeGroupsResponse) => void) {
    const refused = (groupId: string, error: BrokerError): DescribeGroupsResponseGroup => {
      const answer = { ...defaultDescribeGroupsResponseGroup(), groupId, groupState: 'Dead' };
      if (error.code === 'group-not-found' && context.apiVersion < GROUP_NOT_FOUND_VERSION) return answer;
      const errorMessage = context.apiVersion < GROUP_NOT_FOUND_VERSION ? null : error.message;
      return { ...answer, errorCode: KAFKA_ERRORS[error.code], errorMessage };
    };
    // Each once: an answer may be a thousand times its question.
    const groupIds = [...new Set(request.groups)];
    askGroups(
      context,
      { kind: 'describe', groupIds },
      {
        kinds: ['described'],
        done(answer) {
          if (answer instanceof BrokerError) {
            return respond({ throttleTimeMs: 0, groups: groupIds.map((id) => refused(id, answer)) });
          }
          const groups = answer.groups.map((group): DescribeGroupsResponseGroup => {
            if ('error' in group) return refused(group.groupId, group.error);
            const { groupId, phase, protocolType, protocolName, members } = group;
            return {
              ...defaultDescribeGroupsResponseGroup(),
              groupId,
              groupState: phase,
              protocolType,
              protocolData: protocolName,
              members: members.map((member) => ({
                memberId: member.memberId,
                groupInstanceId: member.instanceId,
                clientId: member.clientId,
                clientHost: member.clientHost,
                memberMetadata: member.metadata,
                memberAssignment: member.assignment,
              })),
            };
          });
          respond({ throttleTimeMs: 0, groups });
        },
      },
    );
  },
});

export const listGroups = defineApi({
  key: API_KEY.ListGroups,
  read: readListGroupsRequest,
  write: writeListGroupsResponse,
  handle(context, request, respond: (response: ListGroupsResponse) => void) {
    askGroups(
      context,
      { kind: 'list', states: request.statesFilter, types: request.typesFilter },
      {
        kinds: ['listed'],
        done(answer) {
          if (answer instanceof BrokerError) {
            return respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS[answer.code], groups: [] });
          }
          const groups = answer.groups.map(({ groupId, protocolType, phase, type }) => ({
            groupId,
            protocolType,
            groupState: phase,
            groupType: type,
          }));
          respond({ throttleTimeMs: 0, errorCode: 0, groups });
        },
      },
    );
  },
});

export const deleteGroups = defineApi({
  key: API_KEY.DeleteGroups,
  read: readDeleteGroupsRequest,
  write: writeDeleteGroupsResponse,
  handle(context, request, respond: (response: DeleteGroupsResponse) => void) {
    askGroups(
      context,
      { kind: 'delete-groups', groupIds: request.groupsNames },
      {
        kinds: ['groups-deleted'],
        done(answer) {
          const results =
            answer instanceof BrokerError
              ? request.groupsNames.map((groupId) => ({ groupId, error: answer }))
              : answer.results;
          respond({
            throttleTimeMs: 0,
            results: results.map(({ groupId, error }) => ({ groupId, errorCode: errorCodeOf(error) })),
          });
        },
      },
    );
  },
});
