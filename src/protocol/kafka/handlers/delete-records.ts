/** DeleteRecords (key 21): moves the start of partitions. KIP-107. */
import { BrokerError } from '../../../base/errors.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  type DeleteRecordsResponsePartition,
  readDeleteRecordsRequest,
  writeDeleteRecordsResponse,
} from '../codec/generated/delete-records.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { audited } from './authorize.ts';
import { findPartition, findTopicByName } from './resolve.ts';

function handle(
  context: RequestContext,
  request: DeleteRecordsRequest,
  respond: (response: DeleteRecordsResponse) => void,
): void {
  const { broker } = context.kafka;
  const response: DeleteRecordsResponse = { throttleTimeMs: 0, topics: [] };
  let open = 1;
  const settle = (): void => {
    if (--open === 0) respond(response);
  };
  for (const { name, partitions } of request.topics) {
    const answers: DeleteRecordsResponsePartition[] = [];
    response.topics.push({ name, partitions: answers });
    const topic = findTopicByName(context, 'delete', name);
    for (const { partitionIndex, offset } of partitions) {
      const answer: DeleteRecordsResponsePartition = { partitionIndex, lowWatermark: -1, errorCode: 0 };
      answers.push(answer);
      const partition = findPartition(broker, topic, partitionIndex);
      if (typeof partition === 'string') {
        answer.errorCode = KAFKA_ERRORS[partition];
        continue;
      }
      open++;
      broker.deleteRecords(partition, offset, (result) => {
        if (result instanceof BrokerError) answer.errorCode = KAFKA_ERRORS[result.code];
        else {
          answer.lowWatermark = result;
          const subject = `${name}-${partitionIndex}`;
          audited(context, { change: 'records deleted', subject, detail: `before ${result}` });
        }
        settle();
      });
    }
  }
  settle();
}

export const deleteRecords = defineApi({
  key: API_KEY.DeleteRecords,
  authorization: ['delete topic'],
  read: readDeleteRecordsRequest,
  write: writeDeleteRecordsResponse,
  handle,
});
