/**
 * Keeps the memory of buffers that nobody uses any more bounded.
 *
 * V8 paces its full collections by the JavaScript heap, which is a few MB here, and lets buffers outside of it grow
 * to several hundred MB before it looks. So we look: when the buffers have grown by a bound since the last look, a full
 * collection of the small heap (a few ms) frees them.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 250;
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
