/** Retention and cleaning passes: what runs beside the appends, one of each at a time. */
import { uuidToString } from '../base/uuid.ts';
import { DiskError } from '../platform/ports.ts';
import type { Chunk } from './chunk.ts';
import { Cleaner } from './cleaner.ts';
import type { CompactorOptions } from './compaction-look.ts';
import { Compactor } from './compactor.ts';
import type { CompactionPolicy, RetentionPolicy, Stream, StreamEvent } from './contract.ts';
import { whatToDo } from './disk-advice.ts';
import { Pacer } from './pacer.ts';
import { retainedStart } from './retention.ts';

/** Events of one frame at most. */
const EVENTS_A_FRAME = 10_000;
/** An open chunk smaller than this is not worth sealing for the space it takes. */
const ROLL_BYTES_MIN = 1024 * 1024;

export interface MaintenanceOptions extends Omit<CompactorOptions, 'newPacer'> {
  /** Counts what is asked of the log: passes stay out of the way of those who use it. */
  readonly activity: () => number;
  /** Appends events; false where the log takes nothing now. */
  readonly appendEvents: (events: readonly StreamEvent[]) => boolean;
  readonly onFailed: (what: string, error: DiskError) => void;
}

export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #cleaner: Cleaner;
  #running = new Set<Promise<void>>();
  readonly #compactor: Compactor;
  #cleaning: Promise<void> | null = null;
  /** The end of the last pass that copies: there is one at a time. */
  #copying: Promise<unknown> = Promise.resolve();

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    const { clock, settings, activity, isStopping } = options;
    const newPacer = (): Pacer =>
      new Pacer({
        clock,
        activity,
        isStopping,
        busyBytesPerSecond: settings.cleanBytesPerSecond,
        bytesPerSecond: settings.idleCleanBytesPerSecond,
      });
    this.#cleaner = new Cleaner({ ...options, newPacer });
    const dropDead = (): Promise<void> => this.#cleaner.dropDead();
    this.#compactor = new Compactor({ ...options, newPacer, dropDead });
  }

  enforceRetention(policy: (stream: Stream) => RetentionPolicy | null): Promise<void> {
    return this.#track(this.#enforce(policy));
  }

  /** A pass that is asked for while one runs is that one. */
  clean(): Promise<void> {
    this.#cleaning ??= this.#inTurn(() => this.#cleaner.clean()).finally(() => {
      this.#cleaning = null;
    });
    return this.#cleaning;
  }

  async compact(policy: (stream: Stream) => CompactionPolicy | null): Promise<boolean> {
    let isAny = false;
    await this.#inTurn(async () => {
      isAny = await this.#compactor.compact(policy);
    });
    return isAny;
  }

  /** Behind the passes that were asked for before. */
  #inTurn(pass: () => Promise<void>): Promise<void> {
    const { isStopping } = this.#options;
    const turn = this.#track(this.#copying.then(() => (isStopping() ? undefined : pass())));
    this.#copying = turn.catch(() => undefined);
    return turn;
  }

  /** When no pass runs any more; they end soon once the log is stopping. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #enforce(policy: (stream: Stream) => RetentionPolicy | null): Promise<void> {
    const { table, chunks, reader, clock, logger } = this.#options;
    const nowMs = clock.nowMs();
    // One damaged file may be met for many streams.
    const told = new Set<string>();
    let events: StreamEvent[] = [];
    for (const stream of [...table.used()]) {
      const rule = stream.deleted ? null : policy(stream);
      if (rule === null) continue;
      const { startOffset, damage } = await retainedStart(stream, rule, { chunks, reader, nowMs });
      if (damage !== null && !told.has(damage.message)) {
        told.add(damage.message);
        logger.error({ topicId: uuidToString(stream.topicId), partition: stream.partition }, damage.message);
      }
      if (this.#options.isStopping()) return;
      if (stream.deleted || startOffset <= stream.startOffset) continue;
      events.push({ kind: 'advance-start', stream, startOffset });
      if (events.length < EVENTS_A_FRAME) continue;
      if (!this.#options.appendEvents(events)) return;
      events = [];
    }
    if (events.length > 0 && !this.#options.appendEvents(events)) return;
    await this.#options.allDurable();
    if (this.#options.isStopping()) return;
    this.#rollForSpace();
    await this.#cleaner.dropDead();
  }

  /** Seals an open chunk that is old, or of which little lives, so that its space can be had again. */
  #rollForSpace(): void {
    const { openChunk, clock, settings, roll } = this.#options;
    const open = openChunk();
    if (open.isEmpty) return;
    const isOld = clock.nowMs() - open.createdMs > settings.chunkAgeMsMax;
    if (isOld || (open.endPosition >= ROLL_BYTES_MIN && liveShare(open) < settings.cleanLiveRatio)) roll();
  }

  /** Ends the log where the disk fails for good. */
  async #track(pass: Promise<void>): Promise<void> {
    const guarded = pass.catch((error: unknown) => {
      if (!(error instanceof DiskError)) throw error;
      if (error.isPassing) {
        this.#options.logger.warn(
          { path: error.path },
          `A pass over the log was given up: ${error.message}. ${whatToDo(error)}`,
        );
      } else {
        this.#options.onFailed('clean up', error);
      }
    });
    this.#running.add(guarded);
    try {
      await guarded;
    } finally {
      this.#running.delete(guarded);
    }
  }
}

/** The part of an open chunk's batches that is not below the start of its stream. */
function liveShare(chunk: Chunk): number {
  const index = chunk.memory!;
  let live = 0;
  for (const rows of index.streams) {
    const { stream } = rows;
    if (stream.deleted || stream.startOffset >= rows.nextOffset) continue;
    const all = rows.nextOffset - rows.firstOffset;
    const left = Math.min(all, rows.nextOffset - stream.startOffset);
    live += (rows.bytes * left) / all;
  }
  return live / chunk.endPosition;
}
