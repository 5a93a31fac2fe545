/** The auditor: reads every partition from its start to its end, when nothing else happens any more. */
import type { AuditedLog } from './checkers.ts';
import { Disconnected, type SimClient } from './clients/client.ts';
import { Fetcher, listOffset, type Position } from './clients/consumer.ts';
import { learnTopics } from './clients/metadata.ts';
import type { ReadRecord } from './clients/records.ts';

const START = -2;
const END = -1;
/** Fetches without progress after which a partition is given up. */
const TRIES_MAX = 50;

export async function audit(client: SimClient, topics: readonly string[]): Promise<AuditedLog[]> {
  const logs: AuditedLog[] = [];
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

async function ask(client: SimClient, topic: string, partition: number, timestamp: number): Promise<number> {
  for (;;) {
    try {
      const offset = await listOffset(client, topic, partition, timestamp);
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
