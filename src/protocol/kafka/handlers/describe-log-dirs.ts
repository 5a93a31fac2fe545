/** DescribeLogDirs (key 35): sizes on disk. KIP-113, KIP-827 (volume sizes). There is one directory. */
import type { Topic } from '../../../metadata/image.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  type DescribeLogDirsResponseTopic,
  readDescribeLogDirsRequest,
  writeDescribeLogDirsResponse,
} from '../codec/generated/describe-log-dirs.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { isAllowedCluster } from './authorize.ts';
import { hasPartition } from './resolve.ts';

interface Wanted {
  readonly topic: Topic;
  readonly indexes: Iterable<number>;
}

/** What is asked for, as far as it is there. */
function wantedTopics(context: RequestContext, request: DescribeLogDirsRequest): Wanted[] {
  const { broker } = context.kafka;
  if (request.topics === null) {
    return Array.from(broker.metadata.image.topics(), (topic) => ({
      topic,
      indexes: Array(topic.partitionCount).keys(),
    }));
  }
  return request.topics.flatMap(({ topic: name, partitions }) => {
    const topic = broker.topics.byName(name);
    if (topic === undefined) return [];
    return { topic, indexes: partitions.filter((index) => hasPartition(topic, index)) };
  });
}

function describe(
  { topic, indexes }: Wanted,
  sizes: ReadonlyMap<number, number> | undefined,
): DescribeLogDirsResponseTopic {
  const partitions: DescribeLogDirsResponseTopic['partitions'] = [];
  for (const partitionIndex of indexes) {
    const partitionSize = sizes?.get(partitionIndex) ?? 0;
    partitions.push({ partitionIndex, partitionSize, offsetLag: 0, isFutureKey: false });
  }
  return { name: topic.name, partitions };
}

function handle(
  context: RequestContext,
  request: DescribeLogDirsRequest,
  respond: (response: DescribeLogDirsResponse) => void,
): void {
  const { broker } = context.kafka;
  if (!isAllowedCluster(context, 'describe')) {
    return respond({
      throttleTimeMs: 0,
      errorCode: KAFKA_ERRORS['cluster-authorization-failed'],
      results: [],
    });
  }
  const wanted = wantedTopics(context, request);
  const sizes = broker.topics.storedBytes(new Set(wanted.map(({ topic }) => topic.id)));
  const topics = wanted.map((one) => describe(one, sizes.get(one.topic.id)));
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
  authorization: ['describe cluster'],
  read: readDescribeLogDirsRequest,
  write: writeDescribeLogDirsResponse,
  handle,
});
