// Figures of consume throughput: what was just produced, from memory, and the same from disk after a restart of the
// broker with the page cache dropped. One partition is read from its beginning again and again, until the passes
// together last long enough.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { measured } from '../proc.ts';
import { checkCount, createTopic, javaConsume, type Pass, rdkafkaConsume, rdkafkaProduce } from '../tools.ts';
import type { Broker, Figure, FigureContext, Goal, Measurement, Options, Row } from '../types.ts';

const goals: readonly Goal[] = [{ kind: 'ratio', to: 'kafka', op: '>=', limit: 1 }];

/** Writes everything out and forgets what the page cache holds. False without the right to: needs root. */
export function dropPageCache(): boolean {
  execFileSync('sync');
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch {
    return false;
  }
}

interface Passes {
  readonly options: Options;
  readonly broker: Broker;
  readonly count: number;
  readonly consume: typeof rdkafkaConsume;
  /** Before each pass; what it takes is not counted. */
  readonly before?: () => void;
}

/** Passes over the topic until their own times add up to what a measurement should last. */
export async function passes({ options, broker, count, consume, before }: Passes): Promise<Measurement> {
  const { result, usage } = await measured(
    broker.pid,
    async () => {
      const done: Pass[] = [];
      let seconds = 0;
      do {
        before?.();
        const pass = await consume(options, broker, 'load', count);
        done.push(pass);
        seconds += pass.seconds;
      } while (seconds < options.seconds && !options.smoke);
      return { seconds, messages: count * done.length, passes: done.length };
    },
    (all) => all.messages,
  );
  return {
    value: result.messages / Math.max(result.seconds, 0.001) / 1e3,
    usage,
    note: `${result.passes} passes over ${(count / 1e6).toFixed(2)} M messages`,
  };
}

function figure(name: string, words: string, size: number, fullCount: number): Figure {
  const client = 'rdkafka_performance -C, no group';
  const rows: Row[] = [
    { id: `${name}-memory`, title: `consume ${words} from memory`, client, unit: 'k/s', goals },
    { id: `${name}-disk`, title: `consume ${words} from disk`, client, unit: 'k/s', goals },
  ];
  return {
    name,
    rows,
    async measure({ options, start }: FigureContext) {
      const count = options.smoke ? Math.floor(fullCount / 100) : fullCount;
      let broker = await start();
      await createTopic(options, broker, 'load', 1);
      await rdkafkaProduce(options, broker, { topic: 'load', size, count });
      const note = await checkCount(options, broker, { name: 'load', partitions: 1, acknowledged: count });
      if (note !== undefined) throw new Error(`the counts of this figure need an exact topic: ${note}`);

      if (!options.smoke) await rdkafkaConsume(options, broker, 'load', count);
      const memory = await passes({ options, broker, count, consume: rdkafkaConsume });

      // A restart empties what the broker itself keeps; the pass before the measured ones warms it.
      await broker.stop();
      broker = await start();
      if (!options.smoke) await rdkafkaConsume(options, broker, 'load', count);
      let dropped = true;
      const before = (): void => void (dropped = dropPageCache() && dropped);
      const disk = await passes({ options, broker, count, consume: rdkafkaConsume, before });
      await broker.stop();
      const warning = dropped ? '' : '; the page cache could NOT be dropped (needs root)';
      return {
        [`${name}-memory`]: memory,
        [`${name}-disk`]: { ...disk, note: `${disk.note}${warning}` },
      };
    },
  };
}

function javaFigure(name: string, words: string, size: number, fullCount: number): Figure {
  const client = 'Java ConsumerPerformance, one member, its defaults';
  return {
    name,
    java: true,
    rows: [{ id: name, title: `consume ${words} from memory`, client, unit: 'k/s', goals }],
    async measure({ options, start }: FigureContext) {
      const count = options.smoke ? Math.floor(fullCount / 100) : fullCount;
      const broker = await start();
      await createTopic(options, broker, 'load', 1);
      await rdkafkaProduce(options, broker, { topic: 'load', size, count });
      if (!options.smoke) await rdkafkaConsume(options, broker, 'load', count);
      const memory = await passes({ options, broker, count, consume: javaConsume });
      await broker.stop();
      return { [name]: memory };
    },
  };
}

export const consumeFigures: readonly Figure[] = [
  figure('consume-100', '100 B', 100, 6_000_000),
  figure('consume-1k', '1 KiB', 1024, 1_000_000),
  javaFigure('consume-100-java', '100 B', 100, 6_000_000),
  javaFigure('consume-1k-java', '1 KiB', 1024, 1_000_000),
];
