/**
 * QueryOffset, GetOffset and UpdateOffset: where a queue begins, ends, or was at a time; how far a group has read it. A group's
 * offsets are those of the Kafka group of its name, so that both can go on where the other was; while that has members only these
 * commit. The stock server leaves them out.
 */
import { BrokerError } from '../../../base/errors.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import type { Partition } from '../../../broker/topics.ts';
import {
  CODE,
  type GetOffsetRequest,
  type GetOffsetResponse,
  newGetOffsetResponse,
  newQueryOffsetResponse,
  newUpdateOffsetResponse,
  QUERY_OFFSET_POLICY,
  type QueryOffsetRequest,
  type QueryOffsetResponse,
  readGetOffsetRequest,
  readQueryOffsetRequest,
  readUpdateOffsetRequest,
  type UpdateOffsetRequest,
  type UpdateOffsetResponse,
  writeGetOffsetResponse,
  writeQueryOffsetResponse,
  writeUpdateOffsetResponse,
} from '../codec/generated/messages.ts';
import { type Call, unary } from '../rpc.ts';
import { OK, Refusal, statusOf } from '../status.ts';
import { toMs } from '../time.ts';
import { findGroup, findQueue } from './topics.ts';

async function lookUp(
  call: Call,
  { stream }: Partition,
  request: QueryOffsetRequest,
): Promise<number | Refusal> {
  switch (request.queryOffsetPolicy) {
    case QUERY_OFFSET_POLICY.BEGINNING:
      return stream.startOffset;
    case QUERY_OFFSET_POLICY.END:
      return stream.highWatermark;
    case QUERY_OFFSET_POLICY.TIMESTAMP: {
      if (request.timestamp === null)
        return new Refusal(CODE.BAD_REQUEST, 'The time that is asked for is missing.');
      const found = await call.rocketmq.broker.log.offsetForTimestamp(stream, toMs(request.timestamp));
      return found?.offset ?? stream.highWatermark;
    }
    default:
      return new Refusal(CODE.BAD_REQUEST, 'An offset is asked for by BEGINNING, END or TIMESTAMP.');
  }
}

function queryOffset(
  call: Call,
  request: QueryOffsetRequest,
  reply: (response: QueryOffsetResponse) => void,
): void {
  const partition = findQueue(call, request.messageQueue);
  if (partition instanceof Refusal) return reply({ status: statusOf(partition), offset: -1 });
  lookUp(call, partition, request).then(
    (found) =>
      reply(
        found instanceof Refusal ? { status: statusOf(found), offset: -1 } : { status: OK, offset: found },
      ),
    (error: unknown) => {
      if (!(error instanceof BrokerError)) throw error;
      reply({ status: statusOf(error), offset: -1 });
    },
  );
}

function getOffset(
  call: Call,
  request: GetOffsetRequest,
  reply: (response: GetOffsetResponse) => void,
): void {
  const refuse = (problem: Refusal | BrokerError): void => reply({ status: statusOf(problem), offset: -1 });
  const groupId = findGroup(call, request.group);
  if (groupId instanceof Refusal) return refuse(groupId);
  const partition = findQueue(call, request.messageQueue);
  if (partition instanceof Refusal) return refuse(partition);
  const { topic, index } = partition;
  const topics = [{ topic: topic.name, topicId: topic.id, partitions: [index] }];
  const command = { kind: 'fetch-offsets', requireStable: false, groups: [{ groupId, topics }] } as const;
  askGroups(call.rocketmq.broker, command, {
    kinds: ['offsets'],
    done: (answer) => {
      if (answer instanceof BrokerError) return refuse(answer);
      const [group] = answer.groups;
      const offset = group?.topics[0]?.partitions[0]?.offset ?? -1;
      if (offset >= 0) return reply({ status: OK, offset });
      const none = new Refusal(CODE.OFFSET_NOT_FOUND, `The group has committed nothing of queue ${index}.`);
      refuse(group?.error ?? none);
    },
  });
}

function updateOffset(
  call: Call,
  request: UpdateOffsetRequest,
  reply: (response: UpdateOffsetResponse) => void,
): void {
  const answerWith = (problem: Refusal | BrokerError | null): void => reply({ status: statusOf(problem) });
  const groupId = findGroup(call, request.group);
  if (groupId instanceof Refusal) return answerWith(groupId);
  const partition = findQueue(call, request.messageQueue);
  if (partition instanceof Refusal) return answerWith(partition);
  const { offset } = request;
  if (offset < 0 || !Number.isSafeInteger(offset)) {
    return answerWith(new Refusal(CODE.ILLEGAL_OFFSET, `${offset} is no offset.`));
  }
  const { topic, index } = partition;
  const committed = { partition: index, offset, leaderEpoch: -1, metadata: '' };
  const command = {
    kind: 'commit-offsets',
    groupId,
    memberId: '',
    instanceId: null,
    generation: -1,
    retentionMs: null,
    producerId: -1,
    topics: [{ topic: topic.name, topicId: topic.id, partitions: [committed] }],
  } as const;
  askGroups(call.rocketmq.broker, command, {
    kinds: ['committed'],
    done: (answer) => answerWith(answer instanceof BrokerError ? answer : (answer.refused[0]?.error ?? null)),
  });
}

export const offsetRpcs = [
  unary<QueryOffsetRequest, QueryOffsetResponse>({
    name: 'QueryOffset',
    read: readQueryOffsetRequest,
    write: writeQueryOffsetResponse,
    refuse: (status) => ({ ...newQueryOffsetResponse(), status }),
    handle: queryOffset,
  }),
  unary<GetOffsetRequest, GetOffsetResponse>({
    name: 'GetOffset',
    read: readGetOffsetRequest,
    write: writeGetOffsetResponse,
    refuse: (status) => ({ ...newGetOffsetResponse(), status }),
    handle: getOffset,
  }),
  unary<UpdateOffsetRequest, UpdateOffsetResponse>({
    name: 'UpdateOffset',
    read: readUpdateOffsetRequest,
    write: writeUpdateOffsetResponse,
    refuse: (status) => ({ ...newUpdateOffsetResponse(), status }),
    handle: updateOffset,
  }),
];
