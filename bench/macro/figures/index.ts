// Every figure, in the order of the table.

import type { Figure } from '../types.ts';
import { compactionFigures } from './compaction.ts';
import { consumeFigures } from './consume.ts';
import { fairnessFigure } from './fairness.ts';
import { groupFigures } from './groups.ts';
import { latencyFigures } from './latency.ts';
import { memoryFigure } from './memory.ts';
import { partitionFigures } from './partitions.ts';
import { produceFigures } from './produce.ts';
import { queueFigures } from './queues.ts';
import { rocketmqFigures } from './rocketmq.ts';
import { rocketmqGoFigures } from './rocketmq-go.ts';
import { startFigures } from './startup.ts';
import { tlsFigure } from './tls.ts';
import { transactionFigures } from './transactions.ts';

export const figures: readonly Figure[] = [
  ...produceFigures.filter((figure) => figure.name !== 'one-in-flight'),
  ...consumeFigures,
  ...produceFigures.filter((figure) => figure.name === 'one-in-flight'),
  ...latencyFigures,
  ...transactionFigures,
  tlsFigure,
  ...groupFigures,
  fairnessFigure,
  ...partitionFigures,
  ...compactionFigures,
  ...startFigures,
  memoryFigure,
  ...rocketmqFigures,
  ...rocketmqGoFigures,
  ...queueFigures,
];
