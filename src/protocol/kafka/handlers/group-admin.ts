/** DescribeGroups, ListGroups, DeleteGroups (keys 15, 16, 42). KIP-222, KIP-518 (states), KIP-848 (types), KIP-1043. */
import { answersOf } from '../../../base/answers-of.ts';
import { BrokerError } from '../../../base/errors.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import { CLUSTER_RESOURCE } from '../../../security/access.ts';
import { defineApi, type RequestContext } from '../api.ts';
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
import { errorCodeOf, KAFKA_ERRORS } from '../errors.ts';
import { allowedOperations, audited, isAllowed, NO_OPERATIONS } from './authorize.ts';
import { whenVacant } from './group-call.ts';

/** Before this version a group that does not exist is described as dead, without an error. */
const GROUP_NOT_FOUND_VERSION = 6;

export const describeGroups = defineApi({
  key: API_KEY.DescribeGroups,
  authorization: ['describe group'],
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
    const wanted = [...new Set(request.groups)];
    const groupIds = wanted.filter((groupId) => isAllowed(context, 'describe', 'group', groupId));
    const allowed = new Set(groupIds);
    const forbidden = wanted
      .filter((groupId) => !allowed.has(groupId))
      .map((groupId) => {
        const errorCode = KAFKA_ERRORS['group-authorization-failed'];
        return { ...defaultDescribeGroupsResponseGroup(), groupId, errorCode };
      });
    askGroups(
      context.kafka.broker,
      { kind: 'describe', groupIds },
      {
        kinds: ['described'],
        done(answer) {
          if (answer instanceof BrokerError) {
            const groups = groupIds.map((id) => refused(id, answer));
            return respond({ throttleTimeMs: 0, groups: [...groups, ...forbidden] });
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
              authorizedOperations: request.includeAuthorizedOperations
                ? allowedOperations(context, 'group', groupId)
                : NO_OPERATIONS,
            };
          });
          respond({ throttleTimeMs: 0, groups: [...groups, ...forbidden] });
        },
      },
    );
  },
});

export const listGroups = defineApi({
  key: API_KEY.ListGroups,
  authorization: ['describe cluster', 'describe group'],
  read: readListGroupsRequest,
  write: writeListGroupsResponse,
  handle(context, request, respond: (response: ListGroupsResponse) => void) {
    askGroups(
      context.kafka.broker,
      { kind: 'list', states: request.statesFilter, types: request.typesFilter },
      {
        kinds: ['listed'],
        done(answer) {
          if (answer instanceof BrokerError) {
            return respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS[answer.code], groups: [] });
          }
          const { access } = context;
          const all = access.allows('describe', 'cluster', CLUSTER_RESOURCE);
          const listed = answer.groups.filter(
            ({ groupId }) => all || access.allows('describe', 'group', groupId),
          );
          const groups = listed.map(({ groupId, protocolType, phase, type }) => ({
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

/**
 * Share groups without members lose what they know of their topics first: a crash leaves at most a group that begins anew. Calls
 * `done` with those that failed.
 */
function forgetShares(
  context: RequestContext,
  groupIds: readonly string[],
  done: (failed: ReadonlyMap<string, BrokerError>) => void,
): void {
  const { shareGroups } = context.kafka.broker;
  const shares = [...new Set(groupIds)].filter((groupId) => shareGroups.has(groupId));
  const failed = new Map<string, BrokerError>();
  const forget = (groupId: string, answered: (error: BrokerError | null) => void): void =>
    whenVacant(context, { groupId, make: false }, (error) => {
      if (error !== null) answered(error);
      else shareGroups.remove(shareGroups.all(groupId), answered);
    });
  answersOf(shares, forget, (errors) => {
    shares.forEach((groupId, place) => {
      const error = errors[place] ?? null;
      if (error !== null) failed.set(groupId, error);
    });
    done(failed);
  });
}

export const deleteGroups = defineApi({
  key: API_KEY.DeleteGroups,
  authorization: ['delete group'],
  read: readDeleteGroupsRequest,
  write: writeDeleteGroupsResponse,
  handle(context, request, respond: (response: DeleteGroupsResponse) => void) {
    const groupIds = request.groupsNames.filter((groupId) => isAllowed(context, 'delete', 'group', groupId));
    const allowed = new Set(groupIds);
    const forbidden = request.groupsNames
      .filter((groupId) => !allowed.has(groupId))
      .map((groupId) => ({ groupId, errorCode: KAFKA_ERRORS['group-authorization-failed'] }));
    forgetShares(context, groupIds, (failed) => {
      const kept = [...failed].map(([groupId, error]) => ({ groupId, errorCode: errorCodeOf(error) }));
      const wanted = groupIds.filter((groupId) => !failed.has(groupId));
      askGroups(
        context.kafka.broker,
        { kind: 'delete-groups', groupIds: wanted },
        {
          kinds: ['groups-deleted'],
          done(answer) {
            const results =
              answer instanceof BrokerError
                ? wanted.map((groupId) => ({ groupId, error: answer }))
                : answer.results;
            const answers = results.map(({ groupId, error }) => {
              if (error === null) audited(context, { change: 'group deleted', subject: groupId });
              return { groupId, errorCode: errorCodeOf(error) };
            });
            respond({ throttleTimeMs: 0, results: [...answers, ...kept, ...forbidden] });
          },
        },
      );
    });
  },
});
