/**
 * Control records: batches of one record that the broker writes for readers of the log, never for applications (Kafka
 * documentation, "Control Batches").
 *
 * Key: int16 version 0, int16 type. Types here: 0 abort and 1 commit end a producer's transaction in a partition (KIP-98);
 * 3 and 4 are the header and the footer of a machine's snapshot; 1003, 1004 and 1005, which are not Kafka's, belong to one
 * that is written in parts. Value of an end marker: int16 version 0, int32 epoch of the coordinator.
 */
import { BATCH_HEADER_BYTES, batchRecordCount } from './batch.ts';
import { buildBatch } from './build.ts';
import { recordKey, walkRecords } from './walk.ts';

const VERSION = 0;
const KEY_BYTES = 4;

export const CONTROL_ABORT = 0;
export const CONTROL_COMMIT = 1;
export const CONTROL_SNAPSHOT_HEADER = 3;
export const CONTROL_SNAPSHOT_FOOTER = 4;
export const CONTROL_PARTS_HEADER = 1003;
export const CONTROL_PARTS_FOOTER = 1004;
export const CONTROL_PART = 1005;

/** The type of a control batch; −1: none that is known. Throws MalformedError. */
export function controlType(batch: Buffer): number {
  let type = -1;
  const section = batch.subarray(BATCH_HEADER_BYTES);
  walkRecords(section, batchRecordCount(batch), (record) => {
    const key = recordKey(section, record);
    if (key !== null && key.length === KEY_BYTES && key.readInt16BE(0) === VERSION) type = key.readInt16BE(2);
    return false;
  });
  return type;
}

export function controlKey(type: number): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  key.writeInt16BE(VERSION, 0);
  key.writeInt16BE(type, 2);
  return key;
}

export interface EndMarker {
  readonly producerId: number;
  /** What the partition holds against later batches of the producer: a lower epoch is fenced from now on. */
  readonly producerEpoch: number;
  readonly commit: boolean;
  readonly coordinatorEpoch: number;
}

/** The batch that ends a producer's transaction in one partition. */
export function endMarkerBatch(marker: EndMarker, nowMs: number): Buffer {
  const value = endMarkerValue(marker.coordinatorEpoch);
  const key = controlKey(marker.commit ? CONTROL_COMMIT : CONTROL_ABORT);
  return buildBatch([{ key, value }], {
    timestampMs: nowMs,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    transactional: true,
    control: true,
  });
}

/**
 * A batch at `offset` that every client skips, and goes on behind: what readers get who are shown nothing up to there. It
 * is the marker of a commit by nobody.
 */
export function gapBatch(offset: number): Buffer {
  const options = { timestampMs: 0, baseOffset: offset, control: true };
  return buildBatch([{ key: controlKey(CONTROL_COMMIT), value: endMarkerValue(0) }], options);
}

function endMarkerValue(coordinatorEpoch: number): Buffer {
  const value = Buffer.alloc(6);
  value.writeInt16BE(VERSION, 0);
  value.writeInt32BE(coordinatorEpoch, 2);
  return value;
}
