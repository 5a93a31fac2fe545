// Figures of the queue model through Kafka's clients: share groups beside Kafka's, and memory with ten million messages that
// are scheduled, or wait in a queue.

import { join } from 'node:path';
import { measured, peakResidentMb, residentMb, run, sleep } from '../proc.ts';
import { checkCount, createTopic, javaTool, rdkafkaProduce } from '../tools.ts';
import type { Broker, Figure, FigureContext, Options, Row } from '../types.ts';

const GROUP = 'readers';

/** A share group begins at the end of a topic unless it is told otherwise. */
async function shareFromBeginning(options: Options, broker: Broker): Promise<void> {
  await javaTool(options, [
    'configs',
    ...['--bootstrap-server', broker.bootstrap, '--alter', '--entity-type', 'groups', '--entity-name', GROUP],
    ...['--add-config', 'share.auto.offset.reset=earliest'],
  ]);
}

/** ShareConsumerPerformance; messages a second of its fetch time. */
async function shareConsume(
  options: Options,
  broker: Broker,
  count: number,
): Promise<{ readonly messages: number; readonly perSecond: number }> {
  const stdout = await javaTool(options, [
    'share-consumer-perf',
    ...['--bootstrap-server', broker.bootstrap, '--topic', 'load', '--group', GROUP],
    ...['--num-records', `${count}`, '--timeout', '60000'],
  ]);
  const [head, values] = stdout.trim().split('\n').slice(-2);
  const names = head!.split(',').map((name) => name.trim());
  const field = (name: string): number => Number(values!.split(',')[names.indexOf(name)]);
  const messages = field('data.consumed.in.nMsg');
  const seconds = field('fetch.time.ms') / 1000;
  if (!(messages >= count)) throw new Error(`ShareConsumerPerformance: ${messages} of ${count}\n${stdout}`);
  return { messages, perSecond: messages / seconds };
}

const shareRow: Row = {
  id: 'share-consume',
  title: 'share group consume 1 KiB, one consumer, one partition',
  client: 'Java ShareConsumerPerformance, its defaults',
  unit: 'k/s',
  goals: [{ kind: 'ratio', to: 'kafka', op: '>=', limit: 2 }],
};

const share: Figure = {
  name: 'share-consume',
  java: true,
  targets: ['polylog', 'kafka'],
  rows: [shareRow],
  async measure({ options, start }: FigureContext) {
    const broker = await start();
    await createTopic(options, broker, 'load', 1);
    await shareFromBeginning(options, broker);
    const count = options.smoke ? 2000 : 1_000_000;
    await rdkafkaProduce(options, broker, { topic: 'load', size: 1024, count, partition: 0 });
    const { result, usage } = await measured(
      broker.pid,
      () => shareConsume(options, broker, count),
      ({ messages }) => messages,
    );
    await broker.stop();
    return { 'share-consume': { value: result.perSecond / 1e3, usage } };
  },
};

const MANY = 10_000_000;
const DAY_MS = 86_400_000;

function memoryRow(id: string, title: string): Row {
  return {
    id,
    title,
    client: 'resident, 5 s after the load',
    unit: 'MB',
    goals: [{ kind: 'absolute', op: '<=', limit: 300 }],
  };
}

async function memoryOf(broker: Broker, options: Options): Promise<{ value: number; note: string }> {
  await sleep(options.smoke ? 100 : 5000);
  return { value: residentMb(broker.pid), note: `peak ${peakResidentMb(broker.pid).toFixed(0)} MB` };
}

const scheduled: Figure = {
  name: 'scheduled-10m',
  long: true,
  targets: ['polylog'],
  rows: [memoryRow('scheduled-10m', '10 million scheduled messages of 100 B, due in a day')],
  async measure({ options, start }: FigureContext) {
    const broker = await start();
    const make = ['topic', 'create', 'load', '--partitions', '8', '--bootstrap', broker.bootstrap];
    await run(process.execPath, [options.paths.polylog, ...make, '--config', 'polylog.headers=true']);
    const count = options.smoke ? 10_000 : MANY;
    await rdkafkaProduce(options, broker, {
      topic: 'load',
      size: 100,
      count,
      headers: [`deliver-at-ms=${Date.now() + DAY_MS}`],
    });
    const memory = await memoryOf(broker, options);
    await broker.stop();
    return { 'scheduled-10m': memory };
  },
};

const waiting: Figure = {
  name: 'waiting-10m',
  long: true,
  java: true,
  targets: ['polylog'],
  rows: [memoryRow('waiting-10m', '10 million messages of 100 B waiting in a queue, 100,000 taken')],
  async measure({ options, start }: FigureContext) {
    const broker = await start();
    await createTopic(options, broker, 'load', 8);
    await shareFromBeginning(options, broker);
    const [count, taken] = options.smoke ? [10_000, 100] : [MANY, 100_000];
    await rdkafkaProduce(options, broker, { topic: 'load', size: 100, count });
    await checkCount(options, broker, { name: 'load', partitions: 8, acknowledged: count });
    await shareConsume(options, broker, taken);
    const memory = await memoryOf(broker, options);
    await broker.stop();
    return { 'waiting-10m': memory };
  },
};

/** Its lines, a way of acknowledging each; that of each message by itself counts. */
function engineRate(stdout: string): { readonly value: number; readonly note: string } {
  const rates = [...stdout.matchAll(/^(.*): ([\d,]+) messages\/s/gm)].map(([, name, rate]) => ({
    name,
    value: Number(rate!.replaceAll(',', '')) / 1e3,
  }));
  const oneByOne = rates.find(({ name }) => name === 'one by one');
  if (oneByOne === undefined) throw new Error(`bench/micro/queue.ts printed no rate:\n${stdout}`);
  const note = rates.map(({ name, value }) => `${name} ${value.toFixed(0)} k/s`).join(', ');
  return { value: oneByOne.value, note };
}

const engine: Figure = {
  name: 'queue-engine',
  targets: ['polylog'],
  rows: [
    {
      id: 'queue-engine',
      title: 'queue engine alone: acquire + ack of 100 B, state durable, one core',
      client: 'bench/micro/queue.ts, 16 consumers in the process',
      unit: 'k/s',
      goals: [{ kind: 'absolute', op: '>=', limit: 500 }],
    },
  ],
  async measure({ options, scratch }: FigureContext) {
    const program = join(options.paths.drivers, 'queue.mjs');
    const { stdout } = await run(process.execPath, [program, options.smoke ? '20000' : '2000000', scratch]);
    return { 'queue-engine': engineRate(stdout) };
  },
};

export const queueFigures: readonly Figure[] = [share, scheduled, waiting, engine];
