/** What clients learn of topics: ids, partition counts; and the checks on that. */
import { type Uuid, ZERO_UUID } from '../../src/base/uuid.ts';
import { ERROR, METADATA } from './api.ts';
import type { SimClient } from './client.ts';

export interface KnownTopic {
  readonly name: string;
  readonly id: Uuid;
  readonly partitions: number;
}

/** First version of Metadata with topics' ids. */
export const TOPIC_IDS_VERSION = 10;

/** Asks until every topic is known. Ids are zero where the client's version, at least `minVersion`, doesn't carry them. */
export async function learnTopics(
  client: SimClient,
  names: readonly string[],
  minVersion = 0,
): Promise<Map<string, KnownTopic>> {
  for (;;) {
    const known = await askTopics(client, names, minVersion).catch(() => null);
    if (known !== null && names.every((name) => known.has(name))) return known;
    await client.sleep(client.prng.between(50, 300));
  }
}

/** The topics of these names that exist; null: all. */
export async function askTopics(
  client: SimClient,
  names: readonly string[] | null,
  minVersion = 0,
): Promise<Map<string, KnownTopic>> {
  const version = Math.max(await client.version(METADATA), minVersion);
  const topics =
    names === null ? (version === 0 ? [] : null) : names.map((name) => ({ topicId: ZERO_UUID, name }));
  const request = {
    topics,
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
  const { topics: facts } = client.world.history;
  // As it was when the question was asked: others may add partitions while the answer is on its way.
  const had = new Map([...facts.values()].map(({ name, partitions }) => [name, partitions]));
  const response = await client.call(METADATA, request, { version });
  const broker = response.brokers[0];
  if (response.brokers.length !== 1 || broker === undefined) client.fail('Metadata lists no broker');
  const known = new Map<string, KnownTopic>();
  for (const topic of response.topics) {
    if (topic.errorCode !== ERROR.none || topic.name === null) continue;
    for (const partition of topic.partitions) {
      if (partition.leaderId !== broker?.nodeId) client.fail(`${topic.name} has no leader in Metadata`);
    }
    const partitions = topic.partitions.length;
    const before = had.get(topic.name);
    if (before !== undefined && partitions < before) {
      client.fail(`${topic.name} has ${partitions} partitions in Metadata, and had ${before}`);
    }
    known.set(topic.name, { name: topic.name, id: topic.topicId, partitions });
  }
  return known;
}
