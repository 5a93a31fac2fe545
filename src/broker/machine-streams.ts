/**
 * The streams of the shard's own machines, and the shard's log as a machine sees it.
 *
 * A machine's stream is partition 0 of a reserved topic id: fifteen zero bytes and a number. Topic ids that are given out
 * are random and never of this form. The numbers are part of the on-disk format (docs/formats/machines.md).
 */
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { MachineLog } from '../machine/log.ts';
import type { AppendEntry, ChunkLog, StreamEvent } from '../store/contract.ts';

const reserved = (number: number): Uuid => `${'\0'.repeat(15)}${String.fromCharCode(number)}` as Uuid;

export const METADATA_STREAM: Uuid = reserved(2);
export const GROUP_STREAM: Uuid = reserved(3);
export const PRODUCER_ID_STREAM: Uuid = reserved(4);

export function isMachineStream(topicId: Uuid): boolean {
  return topicId.startsWith('\0'.repeat(15));
}

/** One machine's part of the log. */
export function machineLog(log: ChunkLog, streamId: Uuid): MachineLog {
  const stream = log.stream(streamId, 0);
  return {
    get endOffset() {
      return stream.endOffset;
    },
    append({ batches, companions, advanceStartTo, durable, onCommitted }) {
      const entries: AppendEntry[] = batches.map((batch) => ({ stream, batch }));
      const events: StreamEvent[] = [];
      if (advanceStartTo !== null)
        events.push({ kind: 'advance-start', stream, startOffset: advanceStartTo });
      for (const companion of companions) {
        if (companion.kind === 'delete-topic') events.push(companion);
        else {
          const target = log.stream(companion.topicId, companion.partition);
          if (companion.kind === 'append') entries.push({ stream: target, batch: companion.batch });
          else events.push({ kind: 'advance-start', stream: target, startOffset: companion.startOffset });
        }
      }
      const outcome = log.append({ entries, events, durability: durable ? 'fsync' : 'os', onCommitted });
      return outcome instanceof BrokerError ? outcome : null;
    },
    replay: (onBatch) => log.replay(stream, stream.startOffset, onBatch),
  };
}
