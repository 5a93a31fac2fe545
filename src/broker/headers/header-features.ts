/**
 * What headers ask of a topic with `polylog.headers=true`, at the time of producing (docs/protocols/kafka.md): records with
 * `deliver-at-ms` in the future wait in the schedule, records whose `dedup-id` was seen are left out, and records whose `priority` is that
 * of another partition enter that one. Others enter as they came; what is
 * delayed, what is noted and what enters are one frame.
 *
 * A record that is delayed or left out leaves a hole: the batch keeps its range of offsets and sequence numbers, so every other record
 * has the offset that its producer works out from the answer, and an idempotent producer goes on as always. Of a batch of which no
 * record enters now nothing is stored in the partition (unstored.ts).
 */
import { MalformedError } from '../../base/byte-reader.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Compression, CompressionCodec } from '../../platform/ports.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseTimestamp,
  batchCompression,
  batchIsTransactional,
  batchProducerId,
  batchRecordCount,
} from '../../record/batch.ts';
import { FeatureHeaders } from '../../record/feature-headers.ts';
import { withoutRecords } from '../../record/holes.ts';
import { closedBatch, openedBatch } from '../../record/open.ts';
import { RefusedRecords } from '../../record/refused-records.ts';
import { RECORDS_BYTES_MAX, type SectionOptions } from '../../record/section.ts';
import { type ProduceRules, validateOpenedBatch } from '../../record/validate.ts';
import { walkRecords } from '../../record/walk.ts';
import { buildDueBatch } from '../../schedule/due-batch.ts';
import { recordBody } from '../../schedule/message.ts';
import type { AppendEntry, Stream, StreamEvent } from '../../store/contract.ts';
import { UNSTORED } from '../../transaction/producer-state.ts';
import { partitionOfPriority } from '../priority.ts';
import type { NewMessage, Schedules, Scheduling } from '../schedule/schedules.ts';
import type { Partition } from '../topics.ts';
import type { DedupIds, NewId } from './dedup-ids.ts';
import type { DedupPlace } from './dedup-table.ts';
import { encodeUnstored } from './unstored.ts';

/** What becomes of a batch. */
export interface Treated {
  /** To be stored in its place; null: no record of it enters now. */
  readonly batch: Buffer | null;
  /** Where the messages are that this batch repeats from its first record to its last; null: it has something new. */
  readonly repeats: DedupPlace | null;
  /** Something of it was seen before: its answer waits until that is committed. */
  readonly isRepeating: boolean;
}

export interface HeaderFeaturesParts {
  readonly schedules: Pick<Schedules, 'schedule' | 'checkTime'>;
  readonly dedup: DedupIds;
  /** SEQUENCE_STREAM */
  readonly sequences: Stream;
  /** Another partition of the same topic, which has it. */
  readonly sibling: (partition: Partition, index: number) => Partition;
  readonly compression: Compression;
}

/** A batch, its own records in their uncompressed form. */
interface Opened {
  readonly partition: Partition;
  readonly batch: Buffer;
  readonly opened: Buffer;
  readonly windowMs: number;
}

/** A record that enters another partition than its producer chose. */
interface MovedRecord {
  readonly partition: Partition;
  readonly timestampMs: number;
  readonly body: Buffer;
}

/** What is found in the records of one batch. */
interface Found {
  readonly leftOut: Set<number>;
  readonly delayed: NewMessage[];
  /** Of another priority than the partition's (priority.ts). */
  readonly moved: MovedRecord[];
  readonly ids: NewId[];
  /** By key, as NewId. */
  readonly keys: Map<string, DedupPlace>;
  readonly originals: DedupPlace[];
}

/** The features of one publish request: first every batch is treated, then the frame is appended, all in one turn. */
export class HeaderRequest {
  readonly #parts: HeaderFeaturesParts;
  readonly #nowMs: number;
  readonly #headers = new FeatureHeaders();
  readonly #section: SectionOptions;
  readonly #delayed: NewMessage[] = [];
  readonly #moved: MovedRecord[] = [];
  readonly #ids: NewId[] = [];
  /** Ids that batches of this request bring. */
  readonly #keys = new Map<string, DedupPlace>();
  readonly #unstored: { readonly partition: Partition; readonly batch: Buffer }[] = [];
  #scheduling: Scheduling | null = null;
  /** Null: not made yet. */
  #movedMade: AppendEntry[] | null = null;

  constructor(parts: HeaderFeaturesParts, nowMs: number) {
    this.#parts = parts;
    this.#nowMs = nowMs;
    this.#section = { compression: parts.compression, bytesMax: RECORDS_BYTES_MAX };
  }

  /** Looks into a validated batch, which is to be appended at the end of its partition. */
  treat(
    { partition, batch, windowMs }: Omit<Opened, 'opened'>,
    { rules, namedMax }: { readonly rules: ProduceRules; readonly namedMax: number },
  ): Treated | BrokerError {
    try {
      const opened = openedBatch(batch, this.#section);
      const problem = batchCompression(batch) === 0 ? null : validateOpenedBatch(opened, rules);
      if (problem !== null) return problem;
      const found = this.#look({ partition, batch, opened, windowMs });
      if (found === null) return this.#refusal(opened, namedMax);
      return this.#outcome({ partition, batch, opened, windowMs }, found);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return new BrokerError('invalid-record', `The records of the batch can't be read: ${error.message}.`);
    }
  }

  /** Whether anything goes into the frame beside the batches. */
  get hasEntries(): boolean {
    return this.#ids.length + this.#delayed.length + this.#unstored.length + this.#moved.length > 0;
  }

  /** What goes into the frame beside the batches; to be asked for once. */
  entries():
    | { readonly entries: readonly AppendEntry[]; readonly events: readonly StreamEvent[] }
    | BrokerError {
    const entries: AppendEntry[] = [];
    const events: StreamEvent[] = [];
    if (this.#ids.length > 0) entries.push(this.#parts.dedup.entry(this.#ids, this.#nowMs));
    const stream = this.#parts.sequences;
    for (const { partition, batch } of this.#unstored) {
      const { topic, index } = partition;
      entries.push({ stream, batch: encodeUnstored(batch, topic.id, index, this.#nowMs) });
    }
    if (this.#unstored.length > 0) {
      events.push({ kind: 'advance-start', stream, startOffset: stream.endOffset });
    }
    entries.push(...this.#movedEntries());
    if (this.#delayed.length === 0) return { entries, events };
    const scheduling = this.#parts.schedules.schedule(this.#delayed);
    if (scheduling instanceof BrokerError) return scheduling;
    this.#scheduling = scheduling;
    entries.push(...scheduling.entries);
    return { entries, events };
  }

  /** The log has taken the frame, with these offsets of `entries`. */
  accepted(baseOffsets: readonly number[]): void {
    let next = 0;
    if (this.#ids.length > 0) this.#parts.dedup.accepted(this.#ids, baseOffsets[next++]!, this.#nowMs);
    for (const { partition, batch } of this.#unstored) partition.producers.note(batch, UNSTORED, this.#nowMs);
    next += this.#unstored.length + this.#movedEntries().length;
    this.#scheduling?.accepted(baseOffsets.slice(next));
  }

  /** The frame is committed. */
  committed(): void {
    this.#scheduling?.committed();
  }

  /** Null: a record can't be taken. */
  #look({ partition, opened, windowMs }: Opened): Found | null {
    const section = opened.subarray(BATCH_HEADER_BYTES);
    const base = partition.stream.endOffset;
    const baseTimestamp = batchBaseTimestamp(opened);
    const found: Found = {
      leftOut: new Set(),
      delayed: [],
      moved: [],
      ids: [],
      keys: new Map(),
      originals: [],
    };
    let isGood = true;
    walkRecords(section, batchRecordCount(opened), (record) => {
      if (record.headerCount === 0) return true;
      const { index } = record;
      isGood = this.#headers.read(section, record) === null;
      if (!isGood) return false;
      const { dedupId, deliverAtMs, priority } = this.#headers;
      const target = this.#targetOf(partition, priority);
      const isMoved = target !== partition;
      if (dedupId.length > 0) {
        const range = { start: dedupId.start, end: dedupId.start + dedupId.length };
        const hash = this.#parts.dedup.hash(partition.topic.id, section, range);
        const key = hash.join();
        const original =
          found.keys.get(key) ?? this.#keys.get(key) ?? this.#parts.dedup.find(hash, this.#nowMs);
        if (original !== null) {
          found.leftOut.add(index);
          found.originals.push(original);
          return true;
        }
        const isDelayed = deliverAtMs > this.#nowMs;
        const place = { partition: target.index, offset: isDelayed || isMoved ? -1 : base + index };
        found.keys.set(key, place);
        found.ids.push({ hash, place, untilMs: this.#nowMs + windowMs });
      }
      const timestampMs = baseTimestamp + record.timestampDeltaMs;
      const body = { timestampMs, body: recordBody(section, record) };
      if (deliverAtMs <= this.#nowMs) {
        if (!isMoved) return true;
        found.leftOut.add(index);
        found.moved.push({ partition: target, ...body });
        return true;
      }
      isGood = this.#parts.schedules.checkTime(deliverAtMs) === null;
      found.leftOut.add(index);
      found.delayed.push({ partition: target, atMs: deliverAtMs, ...body });
      return isGood;
    });
    return isGood ? found : null;
  }

  /** Of a batch whose headers can't all be followed: all the records that have one. */
  #refusal(opened: Buffer, namedMax: number): BrokerError {
    const section = opened.subarray(BATCH_HEADER_BYTES);
    const refused = new RefusedRecords(namedMax);
    const count = batchRecordCount(opened);
    walkRecords(section, count, (record) => {
      if (record.headerCount === 0) return;
      const problem = this.#headers.read(section, record);
      if (problem !== null)
        refused.add(record.index, `The record can't be taken: ${problem}.`, 'invalid-record');
      else if (this.#headers.deliverAtMs > this.#nowMs) {
        const error = this.#parts.schedules.checkTime(this.#headers.deliverAtMs);
        if (error !== null) refused.add(record.index, error.message, 'invalid-timestamp');
      }
    });
    return refused.refusal(count)!;
  }

  #outcome({ partition, batch, opened }: Opened, found: Found): Treated | BrokerError {
    const { leftOut, delayed, moved, ids, keys, originals } = found;
    if (batchIsTransactional(batch) && (leftOut.size > 0 || ids.length > 0)) {
      return new BrokerError(
        'invalid-record',
        'Records with deliver-at-ms, dedup-id, or a priority of another partition can not be part of a transaction: send them outside of one.',
      );
    }
    this.#delayed.push(...delayed);
    this.#moved.push(...moved);
    this.#ids.push(...ids);
    for (const [key, place] of keys) this.#keys.set(key, place);
    const isRepeating = originals.length > 0;
    if (leftOut.size === 0) return { batch, repeats: null, isRepeating };
    if (leftOut.size === batchRecordCount(batch)) {
      if (batchProducerId(batch) >= 0) this.#unstored.push({ partition, batch });
      return { batch: null, repeats: repeated(originals, leftOut.size), isRepeating };
    }
    const holed = withoutRecords(opened, (index) => leftOut.has(index));
    return { batch: this.#close(holed, batch, partition), repeats: null, isRepeating };
  }

  /** The partition for a record of a priority; −1: it has none. */
  #targetOf(partition: Partition, priority: number): Partition {
    const { topic, index } = partition;
    if (priority < 0 || topic.config.priorityLevels === 1) return partition;
    const wanted = partitionOfPriority(topic, index, priority);
    return wanted === index ? partition : this.#parts.sibling(partition, wanted);
  }

  /** A batch for each partition and time. */
  #movedEntries(): AppendEntry[] {
    if (this.#movedMade !== null) return this.#movedMade;
    const batches = new Map<string, { readonly first: MovedRecord; readonly bodies: Buffer[] }>();
    for (const record of this.#moved) {
      const { partition, timestampMs, body } = record;
      const { topicId, partition: index } = partition.stream;
      const key = `${topicId} ${index} ${timestampMs}`;
      let batch = batches.get(key);
      if (batch === undefined) batches.set(key, (batch = { first: record, bodies: [] }));
      batch.bodies.push(body);
    }
    this.#movedMade = [...batches.values()].map(({ first: { partition, timestampMs }, bodies }) => {
      const logAppendTime = partition.topic.config.timestampType === 'LogAppendTime';
      const time = logAppendTime ? this.#nowMs : timestampMs;
      return { stream: partition.stream, batch: buildDueBatch(bodies, { timestampMs: time, logAppendTime }) };
    });
    return this.#movedMade;
  }

  /** As the batch was compressed. */
  #close(holed: Buffer, batch: Buffer, { topic }: Partition): Buffer {
    const codec = batchCompression(batch) as CompressionCodec;
    if (codec === 0) return holed;
    return closedBatch(holed, { codec, level: topic.config.compression?.level }, this.#section);
  }
}

/** Where the first is of the messages that stand one behind the other, or were all delayed, and are as many as the batch has records. */
function repeated(originals: readonly DedupPlace[], count: number): DedupPlace | null {
  const first = originals[0];
  if (first === undefined || originals.length !== count) return null;
  const isRun = originals.every(
    ({ partition, offset }, i) =>
      partition === first.partition && offset === (first.offset < 0 ? first.offset : first.offset + i),
  );
  return isRun ? first : null;
}
