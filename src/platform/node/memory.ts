/**
 * Keeps the memory that nobody uses any more bounded.
 *
 * V8 paces its full collections by the growth of the JavaScript heap, which is small here, and lets buffers outside of it
 * grow to several hundred MB before it looks. So we look: when the buffers have grown by a bound since the last look, a
 * full collection of the small heap (a few ms) frees them. And once there is little to do, what a busier time has left is
 * collected: nobody notices the pause then, and V8 itself would wait for more.
 *
 * And keeps V8 from collecting a small heap too often: see `GrowthPace`.
 */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 250;
/** The part of a time in which the event loop worked, up to which that was quiet. */
const QUIET_UTILIZATION = 0.1;
/** Quiet looks after which there is little to do. */
const QUIET_LOOKS = 8;
/** What the heap must have grown by, without what dies young, to be worth a collection. */
const GROWTH_BYTES_MIN = 8 * 1024 * 1024;
/** A larger heap is left to V8: a collection takes about 1 ms for each MB that lives. */
const HEAP_BYTES_MAX = 128 * 1024 * 1024;

/** A heap in which no more than this lives may grow by so many percent between V8's own full collections. */
const SMALL_HEAP_BYTES_MAX = 32 * 1024 * 1024;
const SMALL_HEAP_GROWTH_PERCENT = 300;
/** What lives is taken to be what the heap came down to in this period and the one before. */
const PERIOD_LOOKS = 60;

/** What one look sees. */
export interface MemoryLook {
  /** Bytes of buffers outside of the heap. */
  readonly bufferBytes: number;
  /** Bytes of the heap, without what was made last and mostly dies young. */
  readonly heapBytes: number;
  /** The part of the time since the last look in which the event loop worked. */
  readonly utilization: number;
}

/** Decides when to collect. */
export class CollectionRule {
  readonly #growthBytesMax: number;
  #bufferFloor: number;
  #heapFloor: number;
  #quietLooks = 0;
  /** Buffers that lived through a collection may be dead by now. */
  #isDue = false;

  constructor(growthBytesMax: number, first: MemoryLook) {
    this.#growthBytesMax = growthBytesMax;
    this.#bufferFloor = first.bufferBytes;
    this.#heapFloor = first.heapBytes;
  }

  /** Whether to collect now. */
  isTime({ bufferBytes, heapBytes, utilization }: MemoryLook): boolean {
    this.#bufferFloor = Math.min(this.#bufferFloor, bufferBytes);
    this.#heapFloor = Math.min(this.#heapFloor, heapBytes);
    this.#quietLooks = utilization <= QUIET_UTILIZATION ? this.#quietLooks + 1 : 0;
    if (bufferBytes - this.#bufferFloor >= this.#growthBytesMax) {
      this.#isDue = true;
      return true;
    }
    if (this.#quietLooks < QUIET_LOOKS || heapBytes > HEAP_BYTES_MAX) return false;
    if (!this.#isDue && heapBytes - this.#heapFloor < GROWTH_BYTES_MIN) return false;
    this.#isDue = false;
    return true;
  }

  /** What there is after a collection. */
  collected({ bufferBytes, heapBytes }: MemoryLook): void {
    this.#bufferFloor = bufferBytes;
    this.#heapFloor = heapBytes;
    this.#quietLooks = 0;
  }
}

/**
 * By how much the heap may grow between V8's own full collections. After one in a quiet time V8 allows some 8 MB, which requests that
 * wait take in a fraction of a second: a burst then met three collections, each with 40 ms of marking beside it and a pause of 5 to 12.
 * A heap in which more lives is left to V8, so that memory stays bounded.
 */
export class GrowthPace {
  #lowestBytes: number;
  #lowestBytesBefore = Number.POSITIVE_INFINITY;
  #looks = 0;

  constructor({ heapBytes }: MemoryLook) {
    this.#lowestBytes = heapBytes;
  }

  /** In percent of what lives; 0: V8 decides. */
  percent({ heapBytes }: MemoryLook): number {
    if (++this.#looks % PERIOD_LOOKS === 0) {
      this.#lowestBytesBefore = this.#lowestBytes;
      this.#lowestBytes = heapBytes;
    }
    this.#lowestBytes = Math.min(this.#lowestBytes, heapBytes);
    const liveBytes = Math.min(this.#lowestBytes, this.#lowestBytesBefore);
    return liveBytes <= SMALL_HEAP_BYTES_MAX ? SMALL_HEAP_GROWTH_PERCENT : 0;
  }
}

/**
 * Has V8 put new objects where those that die young are. Otherwise it finds, in the first seconds under load, that some kind of what
 * requests are made of survives often, as they wait for the disk, and makes that kind in the old generation from then on: each one then
 * keeps its whole request until a full collection, which has to come once a second.
 */
export function makeObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** Starts looking; `growthBytesMax`: how much of buffers may gather between collections. Does not keep the process alive. */
export function boundMemory(growthBytesMax: number): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let loop = performance.eventLoopUtilization();
  const look = (): MemoryLook => {
    const before: EventLoopUtilization = loop;
    loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, before);
    return { bufferBytes: process.memoryUsage().arrayBuffers, heapBytes: oldBytes(), utilization };
  };
  const first = look();
  const rule = new CollectionRule(growthBytesMax, first);
  const pace = new GrowthPace(first);
  let percent = 0;
  setInterval(() => {
    let seen = look();
    if (rule.isTime(seen)) {
      collect();
      seen = look();
      rule.collected(seen);
    }
    const now = pace.percent(seen);
    if (now !== percent) setFlagsFromString(`--heap-growing-percent=${now}`);
    percent = now;
  }, LOOK_MS).unref();
}

function oldBytes(): number {
  let bytes = 0;
  for (const space of getHeapSpaceStatistics()) {
    if (space.space_name.startsWith('new_')) continue;
    bytes += space.space_used_size;
  }
  return bytes;
}
