/** A log on a simulated machine, for tests of what fails. */

import { SimClock } from '../../sim/clock.ts';
import { SimDisk } from '../../sim/disk.ts';
import { Prng } from '../../sim/prng.ts';
import { SimProcess } from '../../sim/process.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { SimVolume } from '../../sim/volume.ts';
import type { BrokerError } from '../../src/base/errors.ts';
import type { ChunkLog } from '../../src/store/contract.ts';
import type { OpenChunkLogOptions } from '../../src/store/open.ts';
import { openLog, TestLogger } from './support.ts';

export function world(seed = 1, volume = new SimVolume(new Prng(seed))) {
  const scheduler = new Scheduler(new Prng(seed));
  const process = new SimProcess('broker');
  const disk = new SimDisk(scheduler, volume, process);
  const clock = new SimClock(scheduler, process);
  const logger = new TestLogger();
  const fatal: BrokerError[] = [];
  const open = (options: Partial<OpenChunkLogOptions> = {}): Promise<ChunkLog> =>
    openLog(disk, { clock, logger, onFatal: (error) => fatal.push(error), ...options });
  const run = <T>(work: () => Promise<T>): Promise<T> => scheduler.settle(work(), process);
  return { scheduler, volume, disk, clock, logger, fatal, open, run };
}

export const sleep = (clock: SimClock, ms: number): Promise<void> =>
  new Promise((resolve) => clock.setTimer(ms, resolve));
