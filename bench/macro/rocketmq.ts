// What the figures of RocketMQ's protocol need: its load programs (drivers/rocketmq, drivers/rocketmq-go), topics and groups on
// either broker.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './proc.ts';
import { createTopic, driver } from './tools.ts';
import type { Broker, FigureContext, Options } from './types.ts';

/** The line of drivers/rocketmq/RocketmqLoad.java, and of drivers/rocketmq-go/main.go. */
export interface RocketmqLine {
  readonly messages: number;
  readonly per_s: number;
  readonly failed: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly epoch_ms: number;
}

/** A broker to which RocketMQ's clients can go. */
export function startForRocketmq(context: FigureContext): Promise<Broker> {
  return context.start({ rocketmq: true });
}

function installed({ paths }: Options): string {
  if (paths.rocketmq === undefined)
    throw new Error('RocketMQ is not installed: bench/peers/rocketmq/install.sh does it');
  return paths.rocketmq;
}

async function java(
  options: Options,
  { classes, libs, main }: { readonly classes: string; readonly libs: string; readonly main: string },
  args: readonly (string | number)[],
): Promise<Record<string, number>> {
  const home = installed(options);
  const path = `${join(home, 'bench-classes', classes)}:${join(home, libs)}/*`;
  const own = [
    `-Duser.home=${options.paths.work}`,
    '-Drocketmq.log.level=ERROR',
    '-Drocketmq.client.logLevel=ERROR',
  ];
  const { stdout } = await run('java', ['-Xms1g', '-Xmx1g', ...own, '-cp', path, main, ...args.map(String)]);
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(line) as Record<string, number>;
}

export async function rocketmqLoad(
  options: Options,
  broker: Broker,
  args: readonly (string | number)[],
): Promise<RocketmqLine> {
  const what = { classes: 'load', libs: 'libs-grpc', main: 'RocketmqLoad' };
  return (await java(options, what, [broker.grpc!, ...args])) as unknown as RocketmqLine;
}

/** The same with the Go client. */
export async function rocketmqGoLoad(
  options: Options,
  broker: Broker,
  args: readonly (string | number)[],
): Promise<RocketmqLine> {
  const program = join(installed(options), 'bench-classes', 'load-go');
  if (!existsSync(program)) throw new Error('the driver on the Go client is not built: it needs Go');
  // The client keeps its log in the home directory.
  const env = { ...process.env, HOME: options.paths.work };
  const { stdout } = await run(program, [broker.grpc!, ...args.map(String)], { env });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as RocketmqLine;
}

/** A remark about calls that failed. */
export function failures({ failed }: RocketmqLine): { readonly note?: string } {
  return failed > 0 ? { note: `${failed} calls failed` } : {};
}

function admin(
  options: Options,
  broker: Broker,
  args: readonly (string | number)[],
): Promise<Record<string, number>> {
  const port = Number(broker.grpc!.split(':')[1]);
  const what = { classes: 'admin', libs: 'libs', main: 'RocketmqAdmin' };
  return java(options, what, [`127.0.0.1:${port + 1}`, `127.0.0.1:${port + 6}`, ...args]);
}

export interface RocketmqTopics {
  readonly name: string;
  /** More than one: NAME0, NAME1, … */
  readonly count?: number;
  readonly type?: 'NORMAL' | 'DELAY' | 'TRANSACTION';
}

export const QUEUES = 8;

/** Topics of eight queues; how long that took, s. */
export async function makeTopics(
  options: Options,
  broker: Broker,
  { name, count = 1, type = 'NORMAL' }: RocketmqTopics,
): Promise<number> {
  if (broker.target !== 'polylog') {
    return (await admin(options, broker, ['topics', name, count, QUEUES, type])).ready_s!;
  }
  if (count === 1) return (await createTopic(options, broker, name, QUEUES)).readyS;
  return (await driver(options, 'admin', ['many', broker.bootstrap, name, QUEUES, count])).ready_s!;
}

/** A group, where the broker doesn't make it itself. */
export async function makeGroup(options: Options, broker: Broker, name: string): Promise<void> {
  if (broker.target !== 'polylog') await admin(options, broker, ['group', name]);
}
