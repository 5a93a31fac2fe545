/** DescribeCluster (key 60). KIP-700, KIP-919 (endpoint types), KIP-1073 (fenced brokers). */
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  defaultDescribeClusterResponse,
  readDescribeClusterRequest,
  writeDescribeClusterResponse,
} from '../codec/generated/describe-cluster.ts';
import { clusterOperations, NO_OPERATIONS } from './authorize.ts';

const BROKERS = 1;
/** KIP-919: a broker's listener describes brokers; controllers have their own. */
const MISMATCHED_ENDPOINT_TYPE = 114;
const UNSUPPORTED_ENDPOINT_TYPE = 115;
const CONTROLLERS = 2;

function handle(
  context: RequestContext,
  request: DescribeClusterRequest,
  respond: (response: DescribeClusterResponse) => void,
): void {
  const { broker } = context.kafka;
  const { nodeId, rack } = broker.settings;
  const { host, port } = context.advertised;
  const response = { ...defaultDescribeClusterResponse(), endpointType: request.endpointType };
  if (request.endpointType !== BROKERS) {
    const known = request.endpointType === CONTROLLERS;
    return respond({
      ...response,
      errorCode: known ? MISMATCHED_ENDPOINT_TYPE : UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: 'this listener describes brokers: ask with endpoint type 1',
    });
  }
  respond({
    ...response,
    clusterId: broker.clusterId,
    controllerId: nodeId,
    brokers: [{ brokerId: nodeId, host, port, rack, isFenced: false }],
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations(context)
      : NO_OPERATIONS,
  });
}

export const describeCluster = defineApi({
  key: API_KEY.DescribeCluster,
  authorization: ['describe cluster'],
  read: readDescribeClusterRequest,
  write: writeDescribeClusterResponse,
  handle,
});
