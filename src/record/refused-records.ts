/**
 * Names the records for which a batch is refused (KIP-467), so that its producer can send the others again.
 *
 * Nothing of this is on the way of a batch that passes: validate.ts and keys.ts say that something is wrong, and then every
 * record is looked at. As in Kafka's LogValidator a record has one reason, its key before its time, and a batch in which one
 * record's time is wrong is refused for that.
 */
import { BrokerError } from '../base/errors.ts';
import { BATCH_HEADER_BYTES, batchBaseTimestamp, batchIsLogAppendTime, batchRecordCount } from './batch.ts';
import { RecordCursor } from './cursor.ts';
import { KEY_MISSING } from './keys.ts';
import { type ProduceRules, STAMPED_BY_CLIENT, timestampProblem } from './validate.ts';

/** Records that the answer to one produce request names. Kafka names all, however many that are. */
export const REFUSED_RECORDS_MAX = 10_000;

type RefusalCode = 'invalid-record' | 'invalid-timestamp';

export interface RefusedRecord {
  /** 0: the first record of the batch. */
  readonly index: number;
  /** A sentence. */
  readonly reason: string;
}

/** A batch is refused for some of its records. */
export class RecordsRefused extends BrokerError {
  /** By index; not all of them where there are very many. */
  readonly records: readonly RefusedRecord[];

  constructor(code: RefusalCode, message: string, records: readonly RefusedRecord[]) {
    super(code, message);
    this.records = records;
  }
}

/** Gathers what is wrong with the records of one batch. */
export class RefusedRecords {
  readonly #named: RefusedRecord[] = [];
  readonly #namedMax: number;
  #count = 0;
  #first: RefusedRecord | null = null;
  #code: RefusalCode = 'invalid-record';

  /** `namedMax`: records that are told; the others are counted. */
  constructor(namedMax: number) {
    this.#namedMax = namedMax;
  }

  add(index: number, reason: string, code: RefusalCode): void {
    if (this.#count++ === 0) this.#first = { index, reason };
    if (code === 'invalid-timestamp') this.#code = code;
    if (this.#named.length < this.#namedMax) this.#named.push({ index, reason });
  }

  /** Null: nothing is wrong with any. `of`: records of the batch. */
  refusal(of: number): RecordsRefused | null {
    if (this.#first === null) return null;
    const { index, reason } = this.#first;
    const sentence =
      of === 1
        ? reason
        : `${this.#count} of the batch's ${of} records can't be taken, the first of them is ${index}: ${reason}`;
    return new RecordsRefused(this.#code, sentence, this.#named);
  }
}

/**
 * The records of an uncompressed batch that are out of a topic's rules; null where none is. `keysNeeded`: the topic is
 * compacted. Throws MalformedError.
 */
export function refusedRecords(
  opened: Buffer,
  rules: ProduceRules,
  { keysNeeded, namedMax }: { readonly keysNeeded: boolean; readonly namedMax: number },
): RecordsRefused | null {
  const refused = new RefusedRecords(namedMax);
  const record = new RecordCursor(opened.subarray(BATCH_HEADER_BYTES));
  const count = batchRecordCount(opened);
  const base = batchBaseTimestamp(opened);
  const stamped = batchIsLogAppendTime(opened) ? STAMPED_BY_CLIENT : null;
  for (let index = 0; index < count; index++) {
    record.next();
    if (keysNeeded && record.keyStart < 0) {
      refused.add(index, KEY_MISSING, 'invalid-record');
      continue;
    }
    const reason = stamped ?? timestampProblem(base + record.timestampDelta, rules);
    if (reason !== null) refused.add(index, reason, 'invalid-timestamp');
  }
  record.expectEnd();
  return refused.refusal(count);
}
