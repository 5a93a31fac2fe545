/**
 * Says whether the volume has room for an append before it is accepted, as an accepted append is never taken back.
 * The volume is asked at most every 50 ms, or when a quarter of what was free has been used since.
 */
import { BrokerError } from '../base/errors.ts';
import { type Clock, type Disk, DiskError } from '../platform/ports.ts';

const LOOK_EVERY_MS = 50;
const RESERVE_BYTES_MAX = 64 * 1024 * 1024;
const RESERVE_SHARE = 0.05;

/** Free bytes of a volume that appends and cleaning leave alone. `setting`: bytes; null: 64 MiB, or 5 % of a smaller volume. */
export function reservedBytes(setting: number | null, totalBytes: number): number {
  return setting ?? Math.min(RESERVE_BYTES_MAX, Math.floor(totalBytes * RESERVE_SHARE));
}

export interface SpaceBudgetOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /** null: 64 MiB, or 5 % of a smaller volume. */
  readonly reserveBytes: number | null;
  /** Gives back what can be given back; called when space is short. */
  readonly release: () => void;
  /** The first refusal after appends fitted; null: the first that fits again. */
  readonly onRefusing: (why: BrokerError | null) => void;
}

export class SpaceBudget {
  readonly #options: SpaceBudgetOptions;
  #freeBytes = 0;
  #reserveBytes = 0;
  /** What may still be accepted before the volume is asked again. */
  #allowance = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #isRefusing = false;

  constructor(options: SpaceBudgetOptions) {
    this.#options = options;
  }

  /** Null where `bytes` more fit, `fromReserve` into half of the reserve too; `pendingBytes` were accepted and are not written. */
  admit(bytes: number, pendingBytes: number, fromReserve = false): BrokerError | null {
    if (bytes <= this.#allowance) {
      this.#allowance -= bytes;
      return null;
    }
    try {
      this.#look(pendingBytes);
      if (this.#spare(pendingBytes) < bytes) {
        this.#options.release();
        this.#look(pendingBytes);
        const spare = this.#spare(pendingBytes);
        if (spare < bytes) {
          return fromReserve && spare + this.#reserveBytes / 2 >= bytes ? null : this.#refuse();
        }
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return new BrokerError(
        'storage-failed',
        `The disk of ${this.#options.directory} does not say how much space it has: ${error.message}. Check the disk.`,
      );
    }
    this.#allowance = Math.max(0, this.#allowance - bytes);
    if (this.#isRefusing) {
      this.#isRefusing = false;
      this.#options.onRefusing(null);
    }
    return null;
  }

  /** Called with each group that is written: an old look is forgotten. */
  age(): void {
    if (this.#options.clock.monotonicMs() - this.#lookedAtMs > LOOK_EVERY_MS) this.#allowance = 0;
  }

  #look(pendingBytes: number): void {
    const { freeBytes, totalBytes } = this.#options.disk.space(this.#options.directory);
    this.#freeBytes = freeBytes;
    this.#reserveBytes = reservedBytes(this.#options.reserveBytes, totalBytes);
    this.#allowance = Math.max(0, Math.floor(this.#spare(pendingBytes) / 4));
    this.#lookedAtMs = this.#options.clock.monotonicMs();
  }

  #spare(pendingBytes: number): number {
    return this.#freeBytes - pendingBytes - this.#reserveBytes;
  }

  #refuse(): BrokerError {
    const why = new BrokerError(
      'storage-full',
      `The disk of ${this.#options.directory} is full: ${this.#freeBytes} bytes are free and ` +
        `${this.#reserveBytes} are kept in reserve. Free some space, add some, or shorten retention; ` +
        'writing goes on by itself when there is room.',
    );
    if (!this.#isRefusing) this.#options.onRefusing(why);
    this.#isRefusing = true;
    // The next one asks again, however small it is.
    this.#allowance = 0;
    return why;
  }
}
