// Figures of an idle broker and of its memory after load.

import { brokerCpuS, peakResidentMb, residentMb, sleep } from '../proc.ts';
import { checkCount, createTopic, rdkafkaConsume, rdkafkaProduce } from '../tools.ts';
import type { Figure, FigureContext } from '../types.ts';

export const memoryFigure: Figure = {
  name: 'memory',
  rows: [
    {
      id: 'memory-idle',
      title: 'resident memory, idle, empty',
      client: 'VmRSS 10 s after the start',
      unit: 'MB',
      goals: [{ kind: 'absolute', op: '<=', limit: 80 }],
    },
    {
      id: 'idle-cpu',
      title: 'idle CPU, of one core',
      client: '/proc/PID/stat over 30 s',
      unit: '%',
      goals: [{ kind: 'absolute', op: '<=', limit: 0.3 }],
    },
    {
      id: 'memory-loaded',
      title: 'resident memory after load',
      client: 'VmRSS after rdkafka_performance: 4 M × 100 B, 1 M × 1 KiB, 12 partitions, then read',
      unit: 'MB',
      goals: [{ kind: 'absolute', op: '<=', limit: 300 }],
    },
  ],
  async measure({ options, start }: FigureContext) {
    const broker = await start();
    await sleep(options.smoke ? 300 : 10_000);
    const idle = residentMb(broker.pid);
    const before = brokerCpuS(broker.pid);
    const watchedS = options.smoke ? 0.5 : 30;
    await sleep(watchedS * 1000);
    const cpu = ((brokerCpuS(broker.pid) - before) / watchedS) * 100;

    const scale = options.smoke ? 0.01 : 1;
    const small = { topic: 'small', size: 100, count: 4_000_000 * scale };
    const large = { topic: 'large', size: 1024, count: 1_000_000 * scale };
    const read = { topic: 'read', size: 1024, count: 200_000 * scale, partition: 0 };
    for (const { topic, partitions, load } of [
      { topic: 'small', partitions: 12, load: small },
      { topic: 'large', partitions: 12, load: large },
      { topic: 'read', partitions: 1, load: read },
    ]) {
      await createTopic(options, broker, topic, partitions);
      await rdkafkaProduce(options, broker, load);
      await checkCount(options, broker, { name: topic, partitions, acknowledged: load.count });
    }
    await rdkafkaConsume(options, broker, 'read', read.count);
    await sleep(options.smoke ? 100 : 2000);
    const loaded = residentMb(broker.pid);
    const peak = peakResidentMb(broker.pid);
    await broker.stop();
    return {
      'memory-idle': { value: idle },
      'idle-cpu': { value: cpu },
      'memory-loaded': { value: loaded, note: `peak ${peak.toFixed(0)} MB` },
    };
  },
};
