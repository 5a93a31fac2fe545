/**
 * Keeps the memory of buffers that nobody uses any more bounded.
 *
 * V8 paces its full collections by the JavaScript heap, which is a few MB here, and lets buffers outside of it grow
 * to several hundred MB before it looks. So we look: when the buffers have grown by a bound since the last look, a full
 * collection of the small heap (a few ms) frees them. Buffers that are made for each read and die at once are collected with
 * the young generation (half a ms) before they make V8 mark the whole heap, which it did twenty times a second.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 250;
/** How many bytes of buffers that die young may gather. */
const YOUNG_BYTES_MAX = 8 * 1024 * 1024;

/** Answers what is to be told the length of each buffer that Node made and nobody keeps. V8 counts these as growth of the heap. */
export function collectYoungBuffers(): (bytes: number) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  let gathered = 0;
  return (bytes) => {
    gathered += bytes;
    if (gathered < YOUNG_BYTES_MAX) return;
    gathered = 0;
    collect({ type: 'minor' });
  };
}

/** Starts looking; `growthBytesMax`: how much may gather between collections. Does not keep the process alive. */
export function boundBufferMemory(growthBytesMax: number): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let floor = process.memoryUsage().arrayBuffers;
  setInterval(() => {
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers < floor) floor = arrayBuffers;
    if (arrayBuffers - floor < growthBytesMax) return;
    collect();
    floor = process.memoryUsage().arrayBuffers;
  }, LOOK_MS).unref();
}
