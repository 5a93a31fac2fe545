/** The auditor: reads every partition from its start to its end, when nothing else happens any more. */
import type { AuditedLog } from './checkers.ts';
import { ERROR, OFFSET_FETCH } from './clients/api.ts';
import { Disconnected, type SimClient } from './clients/client.ts';
import { Fetcher, type FetchOptions, listOffset, type Position } from './clients/consumer.ts';
import { learnTopics } from './clients/metadata.ts';
import type { ReadRecord } from './clients/records.ts';
import type { DelayHistory } from './delays.ts';
import type { KeyedRecord } from './keyed.ts';
import type { CommittedLog } from './transactions.ts';

const START = -2;
const END = -1;
const READ_COMMITTED = 1;
/** How long transactions that nobody ends may stay open, ms. */
const OPEN_MS_MAX = 30_000;
/** Fetches without progress after which a partition is given up. */
const TRIES_MAX = 50;

export async function audit(client: SimClient, topics: readonly string[]): Promise<AuditedLog[]> {
  const logs: AuditedLog[] = [];
  // To ask for none is to ask for all in Metadata 0.
  if (topics.length === 0) return logs;
  const known = await learnTopics(client, topics);
  for (const topic of known.values()) {
    for (let partition = 0; partition < topic.partitions; partition++) {
      const startOffset = await ask(client, topic.name, partition, START);
      const records: ReadRecord[] = [];
      const position = { topic, partition, offset: startOffset, highWatermark: -1 };
      let endOffset: number;
      // What nobody waits for (acks=0) may still arrive behind the end that was told.
      do {
        endOffset = await ask(client, topic.name, partition, END);
        await readTo(client, position, endOffset, records);
      } while (position.offset > endOffset);
      // Retention may have gone on meanwhile.
      const nowStart = Math.max(startOffset, await ask(client, topic.name, partition, START));
      const left = records.filter((record) => record.offset >= nowStart);
      client.world.history.counts.trimmed += nowStart;
      logs.push({ topic: topic.name, partition, startOffset: nowStart, endOffset, records: left });
    }
  }
  return logs;
}

async function ask(
  client: SimClient,
  topic: string,
  partition: number,
  timestamp: number,
  isolationLevel = 0,
): Promise<number> {
  for (;;) {
    try {
      const offset = await listOffset(client, topic, partition, timestamp, isolationLevel);
      if (offset !== null) return offset;
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    }
    await client.sleep(50);
  }
}

async function readTo(
  client: SimClient,
  position: Position,
  endOffset: number,
  records: ReadRecord[],
): Promise<void> {
  const fetch = {
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes: 1_000_000,
    partitionMaxBytes: 1_000_000,
    sessions: false,
  };
  const fetcher = new Fetcher(client, fetch, (_, record) => records.push(record));
  fetcher.assign([position]);
  let tries = 0;
  // An offset of -1 is behind a start that moved.
  while (position.offset < endOffset && tries < TRIES_MAX) {
    const before = position.offset;
    try {
      await fetcher.poll();
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    }
    tries = position.offset === before ? tries + 1 : 0;
  }
}

/** All that is committed in the topic of transactions, and the offset that each transactional id has committed. */
export async function auditTransactions(
  client: SimClient,
  topicName: string,
  transactionalIds: readonly string[],
): Promise<{ logs: CommittedLog[]; offsets: Map<string, number> }> {
  const topic = (await learnTopics(client, [topicName])).get(topicName)!;
  const logs: CommittedLog[] = [];
  for (let partition = 0; partition < topic.partitions; partition++) {
    const endOffset = await ask(client, topicName, partition, END);
    let stableOffset = await ask(client, topicName, partition, END, READ_COMMITTED);
    for (let waitedMs = 0; stableOffset < endOffset && waitedMs < OPEN_MS_MAX; waitedMs += 100) {
      await client.sleep(100);
      stableOffset = await ask(client, topicName, partition, END, READ_COMMITTED);
    }
    const values: string[] = [];
    const fetch = { maxWaitMs: 100, minBytes: 1, maxBytes: 1_000_000, partitionMaxBytes: 1_000_000 };
    const options = { ...fetch, sessions: false, committed: true };
    const fetcher = new Fetcher(client, options, (_, record) => values.push(record.id));
    const position = { topic, partition, offset: 0, highWatermark: -1 };
    fetcher.assign([position]);
    while (position.offset < stableOffset) await fetcher.poll().catch(ignoreDisconnected);
    logs.push({ partition, values, stableOffset, endOffset });
  }
  const offsets = new Map<string, number>();
  for (const id of transactionalIds) offsets.set(id, await stableOffsetOf(client, `group-${id}`, topicName));
  return { logs, offsets };
}

/** Reads a compacted topic from its start to its end; gives the ends of its partitions. */
export async function auditTable(
  client: SimClient,
  topicName: string,
  onRecord: (partition: number, record: KeyedRecord) => void,
): Promise<number[]> {
  const topic = (await learnTopics(client, [topicName])).get(topicName)!;
  const ends: number[] = [];
  for (let partition = 0; partition < topic.partitions; partition++) {
    const end = await ask(client, topicName, partition, END);
    const fetch = { maxWaitMs: 100, minBytes: 1, maxBytes: 1_000_000, partitionMaxBytes: 1_000_000 };
    let left = 0;
    const onKeyed: FetchOptions['onKeyed'] = (_, record) => {
      left++;
      onRecord(partition, record);
    };
    const fetcher = new Fetcher(client, { ...fetch, sessions: false, onKeyed }, () => {});
    const position = { topic, partition, offset: 0, highWatermark: -1 };
    fetcher.assign([position]);
    while (position.offset < end) await fetcher.poll().catch(ignoreDisconnected);
    client.world.history.counts.compacted += end - left;
    ends.push(end);
  }
  return ends;
}

/** All ids in a topic whose records may be delayed, when no acknowledged one is missing any more, or none is to be hoped for. */
export async function auditDelays(
  client: SimClient,
  { topic: name, partitions }: { readonly topic: string; readonly partitions: number },
  history: DelayHistory,
): Promise<string[]> {
  const topic = (await learnTopics(client, [name])).get(name)!;
  for (let tries = 1; ; tries++) {
    const ids: string[] = [];
    const fetch = { maxWaitMs: 100, minBytes: 1, maxBytes: 1_000_000, partitionMaxBytes: 1_000_000 };
    for (let partition = 0; partition < partitions; partition++) {
      const end = await ask(client, name, partition, END);
      // Those that are delayed or repeated leave holes, as compaction does.
      const options = { ...fetch, sessions: false, committed: true };
      const fetcher = new Fetcher(client, options, (_, record) => ids.push(record.id));
      const position = { topic, partition, offset: 0, highWatermark: -1 };
      fetcher.assign([position]);
      while (position.offset < end) await fetcher.poll().catch(ignoreDisconnected);
    }
    if (tries === TRIES_MAX || history.missing(ids).length === 0) return ids;
    await client.sleep(100);
  }
}

function ignoreDisconnected(error: unknown): void {
  if (!(error instanceof Disconnected)) throw error;
}

async function stableOffsetOf(client: SimClient, group: string, topic: string): Promise<number> {
  for (;;) {
    const answered = await client
      .call(
        OFFSET_FETCH,
        {
          groupId: group,
          topics: [{ name: topic, partitionIndexes: [0] }],
          groups: [],
          requireStable: true,
        },
        { version: 7 },
      )
      .catch(ignoreDisconnected);
    const partition = answered?.topics[0]?.partitions[0];
    if (partition?.errorCode === ERROR.none) return partition.committedOffset;
    await client.sleep(50);
  }
}
