/**
 * Reads waiting messages from the streams of buckets: all of a stream in order, or some by their offsets. Every batch is
 * checked by its CRC: what is damaged must not be given a new one in a topic.
 */
import { assert } from '../../base/assert.ts';
import { crc32c } from '../../base/crc32c.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Clock } from '../../platform/ports.ts';
import { BATCH_CRC_START, batchCrc, batchLastOffset, eachBatch } from '../../record/batch.ts';
import { eachMessage, ownMessage, type WaitingMessage } from '../../schedule/message.ts';
import type { ChunkLog, Stream } from '../../store/contract.ts';
import { readOnce } from '../stored-messages.ts';

/** Bytes that are gone through before others have a turn. */
const SLICE_BYTES = 128 * 1024;
/** Asked for where the next message that is wanted is near. */
const NEIGHBOURS_BYTES = 256 * 1024;
const NEIGHBOUR_OFFSETS = 64;

/** Ends a replay that has given enough. */
const STOP = new Error('enough was read');

export class BucketReader {
  readonly #log: ChunkLog;
  readonly #clock: Clock;

  constructor(log: ChunkLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Gives the batches from an offset on, below the high watermark, until `onBatch` says stop. The next one waits for the
   * promise that it may give. Rejects with BrokerError.
   */
  async scan(
    stream: Stream,
    fromOffset: number,
    onBatch: (batch: Buffer) => undefined | 'stop' | Promise<void>,
  ): Promise<void> {
    let bytes = 0;
    const replay = this.#log.replay(stream, { fromOffset }, (batch) => {
      bytes += batch.length;
      const wait = onBatch(batch);
      if (wait === 'stop') throw STOP;
      if (wait !== undefined || bytes < SLICE_BYTES) return wait;
      bytes = 0;
      return new Promise((resolve) => this.#clock.afterTurn(resolve));
    });
    await replay.catch((error: unknown) => {
      if (error !== STOP) throw error;
    });
  }

  /** Gives the messages at these offsets, ascending, which are all there. What it gives is its receiver's own. Rejects with BrokerError. */
  async pick(
    stream: Stream,
    offsets: readonly number[],
    onMessage: (offset: number, message: WaitingMessage) => void,
  ): Promise<void> {
    let at = 0;
    while (at < offsets.length) {
      const offset = offsets[at]!;
      const next = offsets[at + 1];
      const isDense = next !== undefined && next - offset < NEIGHBOUR_OFFSETS;
      const request = { stream, offset, bytesMax: isDense ? NEIGHBOURS_BYTES : 1 };
      const read = await readOnce(this.#log, request);
      if (read instanceof BrokerError) throw read;
      const { batches } = read;
      const from = at;
      for (const batch of eachBatch(batches)) {
        if (at === offsets.length) break;
        checkCrc(stream, batch);
        eachMessage(
          batch,
          (candidate) => candidate === offsets[at],
          (found, message) => {
            at++;
            onMessage(found, ownMessage(message));
          },
        );
        assert(
          at === offsets.length || offsets[at]! > batchLastOffset(batch),
          'a message that waits is in its stream',
        );
      }
      this.#log.blocks.releaseAll(batches);
      assert(at > from, 'a message that waits is in its stream');
    }
  }
}

function checkCrc(stream: Stream, batch: Buffer): void {
  if (crc32c(batch, BATCH_CRC_START, batch.length) === batchCrc(batch)) return;
  throw new BrokerError(
    'corrupt-batch',
    `A stored batch of delayed messages is damaged (bucket ${stream.partition}). Stop the broker and run polylog log verify on its directory.`,
  );
}
