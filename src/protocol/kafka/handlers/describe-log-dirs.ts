/** DescribeLogDirs (key 35): sizes on disk. KIP-113, KIP-827 (volume sizes). There is one directory. */

import { BrokerError } from '../../../base/errors.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  type DescribeLogDirsResponseTopic,
  readDescribeLogDirsRequest,
  writeDescribeLogDirsResponse,
} from '../codec/generated/describe-log-dirs.ts';
import { partitionByName } from './resolve.ts';

function describe(
  context: RequestContext,
  name: string,
  indexes: Iterable<number>,
): DescribeLogDirsResponseTopic {
  const { broker } = context.kafka;
  const partitions: DescribeLogDirsResponseTopic['partitions'] = [];
  for (const partitionIndex of indexes) {
    const partition = partitionByName(broker, name, partitionIndex);
    if (partition instanceof BrokerError) continue;
    const { sizeBytes } = partition.stream;
    partitions.push({ partitionIndex, partitionSize: sizeBytes, offsetLag: 0, isFutureKey: false });
  }
  return { name, partitions };
}

function handle(
  context: RequestContext,
  request: DescribeLogDirsRequest,
  respond: (response: DescribeLogDirsResponse) => void,
): void {
  const { broker } = context.kafka;
  const topics =
    request.topics === null
      ? [...broker.metadata.image.topics()].map(({ name, partitionCount }) =>
          describe(context, name, Array(partitionCount).keys()),
        )
      : request.topics.map(({ topic, partitions }) => describe(context, topic, partitions));
  const { freeBytes, totalBytes } = broker.diskSpace();
  const result = {
    errorCode: 0,
    logDir: broker.settings.dataDirectory,
    topics: topics.filter(({ partitions }) => partitions.length > 0),
    totalBytes,
    usableBytes: freeBytes,
    isCordoned: false,
  };
  respond({ throttleTimeMs: 0, errorCode: 0, results: [result] });
}

export const describeLogDirs = defineApi({
  key: API_KEY.DescribeLogDirs,
  read: readDescribeLogDirsRequest,
  write: writeDescribeLogDirsResponse,
  handle,
});
