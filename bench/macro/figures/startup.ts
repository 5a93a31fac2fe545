// Figures of starting: exec to the first answer to ApiVersions, polled over a raw socket (every 1 ms for Polylog, by
// start.sh every 20 ms for Kafka), on an empty directory, after kill -9, and with 10 GB stored.

import { createTopic, rdkafkaProduce } from '../tools.ts';
import type { Figure, FigureContext, Goal, Row } from '../types.ts';
import { dropPageCache } from './consume.ts';

const client = 'raw socket, ApiVersions';

function row(id: string, title: string, limit: number): Row {
  const goals: readonly Goal[] = [{ kind: 'absolute', op: '<=', limit }];
  return { id, title: `exec to first answer, ${title}`, client, unit: 's', goals };
}

const empty: Figure = {
  name: 'start',
  rows: [
    row('start-empty', 'empty directory', 0.3),
    row('start-again', 'after a clean stop, some data', 0.3),
    row('start-killed', 'after kill -9, some data', 1),
  ],
  async measure({ options, start }: FigureContext) {
    // Kafka's directory is formatted by its own tool first, which is not counted.
    const first = await start();
    await createTopic(options, first, 'load', 1);
    const load = { topic: 'load', size: 100, count: 10_000 };
    await rdkafkaProduce(options, first, load);
    await first.stop();
    const again = await start();
    await rdkafkaProduce(options, again, load);
    await again.kill();
    const killed = await start();
    await killed.stop();
    return {
      'start-empty': { value: first.startS },
      'start-again': { value: again.startS },
      'start-killed': { value: killed.startS },
    };
  },
};

const full: Figure = {
  name: 'start-10g',
  long: true,
  rows: [
    row('start-10g', '10 GB stored, clean stop, caches dropped', 1),
    row('start-10g-killed', '10 GB stored, kill -9, caches dropped', 1),
  ],
  async measure({ options, start, log }: FigureContext) {
    const bytes = options.smoke ? 1e8 : 1e10;
    const first = await start();
    await createTopic(options, first, 'load', 12);
    const pass = await rdkafkaProduce(options, first, {
      topic: 'load',
      size: 1024,
      count: Math.ceil(bytes / 1024),
    });
    log(`stored ${(pass.bytes / 1e9).toFixed(1)} GB in ${pass.seconds.toFixed(0)} s`);
    await first.stop();
    const dropped = dropPageCache();
    const again = await start();
    await rdkafkaProduce(options, again, { topic: 'load', size: 1024, count: 10_000 });
    await again.kill();
    dropPageCache();
    const killed = await start();
    await killed.stop();
    const note = dropped ? '' : 'the page cache could NOT be dropped (needs root)';
    return {
      'start-10g': { value: again.startS, note },
      'start-10g-killed': { value: killed.startS, note },
    };
  },
};

export const startFigures: readonly Figure[] = [empty, full];
