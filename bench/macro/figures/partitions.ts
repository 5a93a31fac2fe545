// Figures of many partitions: making them, spreading messages over them at random, and memory with them in use.

import { residentMb } from '../proc.ts';
import { createTopic, producePass, rdkafkaProduce } from '../tools.ts';
import type { Figure, FigureContext, Goal, Row } from '../types.ts';

const spreadSettings = ['partitioner=random', 'sticky.partitioning.linger.ms=0'];
const fiveTimes: readonly Goal[] = [{ kind: 'ratio', to: 'kafka', op: '>=', limit: 5 }];

function spreadRow(partitions: number): Row {
  return {
    id: `spread-${partitions}`,
    title: `100 B spread at random over ${partitions.toLocaleString('en')} partitions, acks=all`,
    client: `rdkafka_performance, ${spreadSettings.join(' ')}`,
    unit: 'k/s',
    goals: fiveTimes,
  };
}

const many = 10_000;

const createRows: readonly Row[] = [
  {
    id: 'create-10000',
    title: 'create 10,000 partitions, until each answers',
    client: 'drivers/admin.c on librdkafka: CreateTopics 5,000, CreatePartitions to 10,000, ListOffsets',
    unit: 's',
    goals: [{ kind: 'absolute', op: '<=', limit: 1 }],
  },
  {
    id: 'memory-10000',
    title: 'memory with 10,000 partitions in use',
    client: 'resident, after the spread load',
    unit: 'MB',
    goals: [{ kind: 'absolute', op: '<=', limit: 300 }],
  },
];

function figure(partitions: number): Figure {
  const spread = spreadRow(partitions);
  const all = partitions === many;
  return {
    name: `partitions-${partitions}`,
    rows: all ? [...createRows, spread] : [spread],
    async measure({ options, start, log }: FigureContext) {
      const broker = await start();
      const made = options.smoke ? partitions / 50 : partitions;
      const { requestS, readyS } = await createTopic(options, broker, 'spread', made);
      log(`created in ${readyS.toFixed(2)} s`);
      const { pass, note } = await producePass(options, broker, {
        produce: rdkafkaProduce,
        topic: 'spread',
        partitions: made,
        size: 100,
        // With few messages a partition the client's start is most of it: it looks through all partitions again and again.
        count: options.smoke ? 20_000 : made * 40,
        settings: spreadSettings,
      });
      const memory = residentMb(broker.pid);
      await broker.stop();
      const rate = { value: pass.perSecond / 1e3, usage: pass.usage, ...(note ? { note } : {}) };
      if (!all) return { [spread.id]: rate };
      return {
        [spread.id]: rate,
        'create-10000': { value: readyS, note: `requests answered after ${requestS.toFixed(2)} s` },
        'memory-10000': { value: memory },
      };
    },
  };
}

export const partitionFigures: readonly Figure[] = [figure(1000), figure(many)];
