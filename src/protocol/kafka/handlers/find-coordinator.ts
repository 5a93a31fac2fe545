/** FindCoordinator (key 10). KIP-699 (several keys). On one node the coordinator of everything is this broker. */
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  defaultFindCoordinatorResponse,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  type FindCoordinatorResponseCoordinator,
  readFindCoordinatorRequest,
  writeFindCoordinatorResponse,
} from '../codec/generated/find-coordinator.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { denied, isAllowed } from './authorize.ts';

/** What has a coordinator, by the number of the key's type. */
const RESOURCES = ['group', 'transactional-id'] as const;
const SEVERAL_KEYS_VERSION = 4;

function find(context: RequestContext, key: string, keyType: number): FindCoordinatorResponseCoordinator {
  const refuse = (errorMessage: string): FindCoordinatorResponseCoordinator => ({
    key,
    nodeId: -1,
    host: '',
    port: -1,
    errorCode: KAFKA_ERRORS['invalid-request'],
    errorMessage,
  });
  const resource = RESOURCES[keyType];
  if (resource === undefined) {
    return refuse(
      `there is no coordinator of type ${keyType} here: only of groups (0) and of transactions (1)`,
    );
  }
  if (!isAllowed(context, 'describe', resource, key)) {
    const { code, message } = denied(resource);
    return { ...refuse(message), errorCode: KAFKA_ERRORS[code] };
  }
  const { host, port } = context.advertised;
  return { key, nodeId: context.kafka.broker.settings.nodeId, host, port, errorCode: 0, errorMessage: null };
}

function handle(
  context: RequestContext,
  request: FindCoordinatorRequest,
  respond: (response: FindCoordinatorResponse) => void,
): void {
  const response = defaultFindCoordinatorResponse();
  if (context.apiVersion >= SEVERAL_KEYS_VERSION) {
    response.coordinators = request.coordinatorKeys.map((key) => find(context, key, request.keyType));
    return respond(response);
  }
  const { errorCode, errorMessage, nodeId, host, port } = find(context, request.key, request.keyType);
  respond({ ...response, errorCode, errorMessage, nodeId, host, port });
}

export const findCoordinator = defineApi({
  key: API_KEY.FindCoordinator,
  authorization: ['describe group', 'describe transactional-id'],
  read: readFindCoordinatorRequest,
  write: writeFindCoordinatorResponse,
  handle,
});
