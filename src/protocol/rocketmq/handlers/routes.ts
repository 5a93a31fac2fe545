/** QueryRoute and QueryAssignment: which queues a topic has, and where. */
import { BrokerError } from '../../../base/errors.ts';
import type { Topic } from '../../../metadata/image.ts';
import {
  ADDRESS_SCHEME,
  type Broker,
  type Endpoints,
  type MessageQueue,
  newQueryAssignmentResponse,
  newQueryRouteResponse,
  PERMISSION,
  type QueryAssignmentRequest,
  type QueryAssignmentResponse,
  type QueryRouteRequest,
  type QueryRouteResponse,
  type Resource,
  readQueryAssignmentRequest,
  readQueryRouteRequest,
  writeQueryAssignmentResponse,
  writeQueryRouteResponse,
} from '../codec/generated/messages.ts';
import { ACCEPTED_TYPES } from '../message-type.ts';
import { type Call, unary } from '../rpc.ts';
import { OK, Refusal, statusOf } from '../status.ts';
import { findGroup, findOrMakeTopic } from './topics.ts';

/** The id of the queue that stands for all of a topic: whoever receives gets messages of any. */
const ALL_QUEUES = -1;

/**
 * Where the client is to connect: to the address by which it has reached the broker, as it says, which is right through any
 * forwarding in between; or to what the operator has set.
 */
function endpointsFor(call: Call, asked: Endpoints | null): Endpoints {
  if (asked !== null && asked.addresses.length > 0 && !call.advertisedAlways) return asked;
  const { host, port } = call.advertised;
  const isV4 = /^\d+\.\d+\.\d+\.\d+$/.test(host);
  const scheme = isV4
    ? ADDRESS_SCHEME.IPv4
    : host.includes(':')
      ? ADDRESS_SCHEME.IPv6
      : ADDRESS_SCHEME.DOMAIN_NAME;
  return { scheme, addresses: [{ host, port }] };
}

/** The one broker: its id is 0, that of a leader, as clients look at no other's queues. */
function brokerFor(call: Call, asked: Endpoints | null): Broker {
  const { nodeId } = call.rocketmq.broker.settings;
  return { name: `polylog-${nodeId}`, id: 0, endpoints: endpointsFor(call, asked) };
}

function permissionOf(call: Call, { name }: Topic): number {
  const read = call.access.allows('read', 'topic', name);
  const write = call.access.allows('write', 'topic', name);
  if (read) return write ? PERMISSION.READ_WRITE : PERMISSION.READ;
  return write ? PERMISSION.WRITE : PERMISSION.NONE;
}

function queryRoute(
  call: Call,
  request: QueryRouteRequest,
  reply: (response: QueryRouteResponse) => void,
): void {
  findOrMakeTopic(call, request.topic, (topic) => {
    if (topic instanceof Refusal || topic instanceof BrokerError) {
      return reply({ ...newQueryRouteResponse(), status: statusOf(topic) });
    }
    const broker = brokerFor(call, request.endpoints);
    const permission = permissionOf(call, topic);
    const named = request.topic!;
    const messageQueues = Array.from({ length: topic.partitionCount }, (_, id) =>
      queueOf(named, id, { permission, broker }),
    );
    reply({ status: OK, messageQueues });
  });
}

function queueOf(
  topic: Resource,
  id: number,
  { permission, broker }: Pick<MessageQueue, 'permission' | 'broker'>,
): MessageQueue {
  return { topic, id, permission, broker, acceptMessageTypes: [...ACCEPTED_TYPES] };
}

function queryAssignment(
  call: Call,
  request: QueryAssignmentRequest,
  reply: (response: QueryAssignmentResponse) => void,
): void {
  const refuse = (problem: Refusal | BrokerError): void =>
    reply({ ...newQueryAssignmentResponse(), status: statusOf(problem) });
  const group = findGroup(call, request.group);
  if (group instanceof Refusal) return refuse(group);
  findOrMakeTopic(call, request.topic, (topic) => {
    if (topic instanceof Refusal || topic instanceof BrokerError) return refuse(topic);
    const broker = brokerFor(call, request.endpoints);
    const permission = permissionOf(call, topic);
    const messageQueue = queueOf(request.topic!, ALL_QUEUES, { permission, broker });
    reply({ status: OK, assignments: [{ messageQueue }] });
  });
}

export const routeRpcs = [
  unary<QueryRouteRequest, QueryRouteResponse>({
    name: 'QueryRoute',
    read: readQueryRouteRequest,
    write: writeQueryRouteResponse,
    refuse: (status) => ({ ...newQueryRouteResponse(), status }),
    handle: queryRoute,
  }),
  unary<QueryAssignmentRequest, QueryAssignmentResponse>({
    name: 'QueryAssignment',
    read: readQueryAssignmentRequest,
    write: writeQueryAssignmentResponse,
    refuse: (status) => ({ ...newQueryAssignmentResponse(), status }),
    handle: queryAssignment,
  }),
];
