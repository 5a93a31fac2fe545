/**
 * Deduplication by `dedup-id`: which ids topics have seen within their windows, over all partitions of a topic, and where the first message
 * with each is. What is new goes into a stream of its own in the frame of the messages (docs/formats/machines.md), and is read again
 * at a start, so that a restart changes nothing. The stream begins where the oldest id that is remembered may be.
 */
import { BrokerError } from '../../base/errors.ts';
import { readInt64, writeInt64 } from '../../base/int64.ts';
import { SIP_ZERO, sipHash128 } from '../../base/siphash.ts';
import { type Uuid, writeUuid } from '../../base/uuid.ts';
import { BATCH_HEADER_BYTES, batchBaseOffset, batchRecordCount } from '../../record/batch.ts';
import { buildBatch } from '../../record/build.ts';
import { recordValue, walkRecords } from '../../record/walk.ts';
import type { AppendEntry, ChunkLog, Stream } from '../../store/contract.ts';
import { DEDUP_STREAM } from '../machine-streams.ts';
import { type DedupPlace, DedupTable, type IdHash } from './dedup-table.ts';

const FORMAT = 0;
const UUID_BYTES = 16;
/** Bytes of an entry: hash, partition, offset, until. */
const ENTRY_BYTES = 36;
/** Ids between two marks at which the stream may begin. */
const MARK_EVERY = 4096;

export interface NewId {
  readonly hash: IdHash;
  readonly place: DedupPlace;
  /** Ms since 1970. */
  readonly untilMs: number;
}

export class DedupIds {
  readonly #log: ChunkLog;
  readonly #stream: Stream;
  readonly #table: DedupTable;
  /** The number of an id, and an offset of the stream before which only ids before it are; ascending. */
  readonly #marks: { readonly number: number; readonly offset: number }[] = [];
  #scratch = Buffer.alloc(256);

  constructor(log: ChunkLog, idsMax: number) {
    this.#log = log;
    this.#stream = log.stream(DEDUP_STREAM, 0);
    this.#table = new DedupTable(idsMax);
  }

  /** Ids that are remembered. */
  get size(): number {
    return this.#table.size;
  }

  /** What is in it is committed with the messages that it speaks of. */
  get stream(): Stream {
    return this.#stream;
  }

  /** Reads what is remembered; before the first append. Rejects with BrokerError. */
  async start(): Promise<void> {
    await this.#log.replay(this.#stream, { fromOffset: this.#stream.startOffset }, (batch) => {
      const offset = batchBaseOffset(batch);
      const section = batch.subarray(BATCH_HEADER_BYTES);
      walkRecords(section, batchRecordCount(batch), (record) => {
        this.#note(decode(recordValue(section, record), offset), offset);
      });
    });
  }

  /** Of an id, `[start, end)` of `bytes`, in a topic. */
  hash(
    topicId: Uuid,
    bytes: Buffer,
    { start, end }: { readonly start: number; readonly end: number },
  ): IdHash {
    const length = UUID_BYTES + end - start;
    if (this.#scratch.length < length) this.#scratch = Buffer.alloc(length);
    writeUuid(this.#scratch, 0, topicId);
    bytes.copy(this.#scratch, UUID_BYTES, start, end);
    const hash = new Uint32Array(4);
    sipHash128(SIP_ZERO, this.#scratch, { start: 0, end: length }, hash);
    return hash;
  }

  /** Where the message with this id is; null: there is none, or its window is over. */
  find(hash: IdHash, nowMs: number): DedupPlace | null {
    return this.#table.find(hash, nowMs);
  }

  /** What these add to the frame of their messages. */
  entry(ids: readonly NewId[], nowMs: number): AppendEntry {
    return {
      stream: this.#stream,
      batch: buildBatch([{ key: null, value: encode(ids) }], { timestampMs: nowMs }),
    };
  }

  /** The log has taken the frame, with the entry at this offset. */
  accepted(ids: readonly NewId[], offset: number, nowMs: number): void {
    this.#table.expire(nowMs);
    this.#note(ids, offset);
    this.#trim();
  }

  #note(ids: readonly NewId[], offset: number): void {
    const last = this.#marks.at(-1);
    if (last === undefined || this.#table.next - last.number >= MARK_EVERY) {
      this.#marks.push({ number: this.#table.next, offset });
    }
    for (const { hash, place, untilMs } of ids) this.#table.note(hash, place, untilMs);
  }

  /** The stream's start follows the oldest id. */
  #trim(): void {
    let mark: { readonly offset: number } | null = null;
    while (this.#marks.length > 1 && this.#marks[1]!.number <= this.#table.first) {
      this.#marks.shift();
      mark = this.#marks[0]!;
    }
    if (mark === null) return;
    const startOffset = Math.min(mark.offset, this.#stream.highWatermark);
    if (startOffset <= this.#stream.startOffset) return;
    // Not possible now: with the next mark.
    this.#log.append({
      entries: [],
      events: [{ kind: 'advance-start', stream: this.#stream, startOffset }],
      durability: 'os',
    });
  }
}

function encode(ids: readonly NewId[]): Buffer {
  const value = Buffer.allocUnsafe(1 + ids.length * ENTRY_BYTES);
  value[0] = FORMAT;
  let at = 1;
  for (const { hash, place, untilMs } of ids) {
    for (let i = 0; i < 4; i++) value.writeUInt32BE(hash[i]!, at + i * 4);
    value.writeUInt32BE(place.partition, at + 16);
    writeInt64(value, at + 20, place.offset);
    writeInt64(value, at + 28, untilMs);
    at += ENTRY_BYTES;
  }
  return value;
}

function decode(value: Buffer | null, offset: number): NewId[] {
  if (value === null || value[0] !== FORMAT || (value.length - 1) % ENTRY_BYTES !== 0) {
    throw new BrokerError(
      'unsupported-format',
      `The ids against duplicates can't be read at offset ${offset}. If the data was written by a newer version of Polylog, start that version.`,
    );
  }
  const ids: NewId[] = [];
  for (let at = 1; at < value.length; at += ENTRY_BYTES) {
    const hash = new Uint32Array(4);
    for (let i = 0; i < 4; i++) hash[i] = value.readUInt32BE(at + i * 4);
    ids.push({
      hash,
      place: { partition: value.readUInt32BE(at + 16), offset: readInt64(value, at + 20) },
      untilMs: readInt64(value, at + 28),
    });
  }
  return ids;
}
