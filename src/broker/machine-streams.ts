/**
 * The streams of the shard's own machines, and the shard's log as a machine sees it.
 *
 * A machine's stream is partition 0 of a reserved topic id: fifteen zero bytes and a number. Topic ids that are given out
 * are random and never of this form. The numbers are part of the on-disk format (docs/formats/machines.md).
 */

import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { MachineLog } from '../machine/log.ts';
import type { FrameCompanion } from '../machine/machine.ts';
import type { Enlisted } from '../machine/runner.ts';
import type { AppendEntry, ChunkLog, Stream, StreamEvent } from '../store/contract.ts';

const reserved = (number: number): Uuid => `${'\0'.repeat(15)}${String.fromCharCode(number)}` as Uuid;

export const METADATA_STREAM: Uuid = reserved(2);
export const GROUP_STREAM: Uuid = reserved(3);
export const PRODUCER_ID_STREAM: Uuid = reserved(4);
export const TRANSACTION_STREAM: Uuid = reserved(5);
export const SCHEDULE_STREAM: Uuid = reserved(16);
/** Not of a machine: delayed messages, a partition for each bucket. */
export const BUCKET_STREAM: Uuid = reserved(17);
/** Not of a machine: ids against duplicates. */
export const DEDUP_STREAM: Uuid = reserved(18);
export const HALF_MACHINE_STREAM: Uuid = reserved(20);
/** Not of a machine: half messages, each in a partition of its own. */
export const HALF_STREAM: Uuid = reserved(21);
/** Not of a machine: sequence numbers of batches of which nothing is stored. */
export const SEQUENCE_STREAM: Uuid = reserved(19);

export const QUEUE_STREAM: Uuid = reserved(6);

export function isMachineStream(topicId: Uuid): boolean {
  return topicId.startsWith('\0'.repeat(15));
}

/** For a machine whose companions say more than the log understands. */
export interface CompanionPorts {
  /** A batch went to a partition at this offset. */
  appended(stream: Stream, batch: Buffer, baseOffset: number): void;
  /** The group coordinator takes part in the frame that ends a transaction. */
  endOffsets(companion: Extract<FrameCompanion, { kind: 'end-offsets' }>): Enlisted;
}

/** What goes into one frame. */
class Frame {
  readonly entries: AppendEntry[] = [];
  readonly events: StreamEvent[] = [];
  readonly #log: ChunkLog;
  readonly #ports: CompanionPorts | undefined;
  /** Which entries are batches of companions. */
  readonly #companions: number[] = [];
  readonly #enlisted: Enlisted[] = [];
  #committed: (() => void)[] = [];

  constructor(log: ChunkLog, own: readonly AppendEntry[], ports: CompanionPorts | undefined) {
    this.#log = log;
    this.#ports = ports;
    this.entries.push(...own);
  }

  add(companion: FrameCompanion): void {
    switch (companion.kind) {
      case 'append':
        this.#companions.push(this.entries.length);
        this.entries.push({ stream: this.#stream(companion), batch: companion.batch });
        return;
      case 'delete-topic':
        this.events.push(companion);
        return;
      case 'advance-start': {
        const { startOffset } = companion;
        this.events.push({ kind: 'advance-start', stream: this.#stream(companion), startOffset });
        return;
      }
      case 'end-offsets': {
        assert(this.#ports !== undefined, 'a machine whose frames others join needs its ports');
        const enlisted = this.#ports.endOffsets(companion);
        const stream = this.#log.stream(GROUP_STREAM, 0);
        for (const batch of enlisted.batches) this.entries.push({ stream, batch });
        this.#enlisted.push(enlisted);
      }
    }
  }

  accepted(baseOffsets: readonly number[]): void {
    for (const i of this.#companions) {
      const { stream, batch } = this.entries[i]!;
      this.#ports?.appended(stream, batch, baseOffsets[i]!);
    }
    this.#committed = this.#enlisted.map((enlisted) => enlisted.accepted());
  }

  committed(): void {
    for (const committed of this.#committed) committed();
  }

  #stream({ topicId, partition }: { readonly topicId: Uuid; readonly partition: number }): Stream {
    return this.#log.stream(topicId, partition);
  }
}

/** One machine's part of the log. */
export function machineLog(log: ChunkLog, streamId: Uuid, ports?: CompanionPorts): MachineLog {
  const stream = log.stream(streamId, 0);
  return {
    get endOffset() {
      return stream.endOffset;
    },
    append({ batches, companions, advanceStartTo, durable, onCommitted }) {
      const own = batches.map((batch) => ({ stream, batch }));
      const frame = new Frame(log, own, ports);
      if (advanceStartTo !== null)
        frame.events.push({ kind: 'advance-start', stream, startOffset: advanceStartTo });
      for (const companion of companions) frame.add(companion);
      const { entries, events } = frame;
      const outcome = log.append({
        entries,
        events,
        durability: durable ? 'fsync' : 'os',
        // Topics are deleted and retention is shortened where the disk is full.
        fromReserve: streamId === METADATA_STREAM,
        onCommitted() {
          frame.committed();
          onCommitted();
        },
      });
      if (outcome instanceof BrokerError) return outcome;
      frame.accepted(outcome.baseOffsets);
      return null;
    },
    replay: (onBatch) => log.replay(stream, { fromOffset: stream.startOffset }, onBatch),
    review: (endOffset, onBatch) =>
      log.replay(
        stream,
        { fromOffset: stream.startOffset, endOffset },
        (batch) => new Promise((next) => onBatch(batch, next)),
      ),
  };
}
