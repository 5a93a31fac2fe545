// The clients that make the load, each run to its end, its output parsed, and its counts checked.
//
// Every pass that produces is followed by counting what the topic holds (ListOffsets through another client): fewer
// messages than were acknowledged, or acknowledgements missing, end the figure with an error.

import { join } from 'node:path';
import { measured, run } from './proc.ts';
import type { Broker, Options, Usage } from './types.ts';

export interface Pass {
  readonly messages: number;
  readonly bytes: number;
  /** Messages a second once it runs: without the client's start where its output allows that. */
  readonly perSecond: number;
  readonly seconds: number;
}

export interface MeasuredPass extends Pass {
  readonly usage: Usage;
}

export interface ProduceOptions {
  readonly topic: string;
  readonly size: number;
  readonly count: number;
  /** -X of rdkafka_performance, --command-property of ProducerPerformance. */
  readonly settings?: readonly string[];
  /** A partition; the client's own choice when left out. */
  readonly partition?: number;
  /** NAME=VALUE, of each message. */
  readonly headers?: readonly string[];
}

export interface Latencies {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

function demand(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}

interface RdkafkaLine {
  delivered: number;
  failed: number;
  ms: number;
}

/** The cumulative lines of rdkafka_performance -P; the last is its summary. */
function rdkafkaLines(stdout: string): RdkafkaLine[] {
  const line = /^% \d+ messages produced .*?, (\d+) delivered \(offset -?\d+, (\d+) failed\) in (\d+)ms/gm;
  return [...stdout.matchAll(line)].map(([, delivered, failed, ms]) => ({
    delivered: Number(delivered),
    failed: Number(failed),
    ms: Number(ms),
  }));
}

/**
 * The rate from the first line with deliveries to the end. The total that the program prints has its own start in it:
 * messages wait for the first metadata. Too short a run has no such line; then the total counts.
 */
export function steadyRate(lines: readonly RdkafkaLine[]): number {
  const last = lines.at(-1)!;
  const first = lines.find((line) => line.delivered > 0)!;
  const long = last.ms - first.ms >= 500;
  const messages = long ? last.delivered - first.delivered : last.delivered;
  return (messages * 1000) / Math.max(1, long ? last.ms - first.ms : last.ms);
}

export async function rdkafkaProduce(options: Options, broker: Broker, load: ProduceOptions): Promise<Pass> {
  const args = ['-P', '-b', broker.bootstrap, '-t', load.topic, '-s', `${load.size}`, '-c', `${load.count}`];
  // linger.ms=5 is librdkafka's default; the program itself would set 1000.
  args.push('-a', 'all', '-i', '250', '-X', 'linger.ms=5');
  for (const setting of [...(broker.clientSettings ?? []), ...(load.settings ?? [])])
    args.push('-X', setting);
  if (load.partition !== undefined) args.push('-p', `${load.partition}`);
  for (const header of load.headers ?? []) args.push('-H', header);
  // Its exit code is 1 when anything at all was in its queue at the end, even a log line, and then it counts that as
  // not produced. What was delivered is what counts.
  const { stdout, stderr } = await run(options.paths.rdkafkaPerformance, args, { anyExitCode: true });
  const lines = rdkafkaLines(stdout);
  const total = lines.at(-1);
  if (total === undefined) {
    throw new Error(`rdkafka_performance printed no summary:\n${`${stdout}${stderr}`.slice(-2000)}`);
  }
  demand(
    total.delivered === load.count && total.failed === 0,
    `rdkafka_performance: ${load.count} wanted, ${total.delivered} acknowledged, ${total.failed} failed`,
  );
  return {
    messages: load.count,
    bytes: load.count * load.size,
    perSecond: steadyRate(lines),
    seconds: total.ms / 1000,
  };
}

/** Kafka's Java tools through bench/peers/kafka/tool.sh. */
export async function javaTool(options: Options, args: readonly string[]): Promise<string> {
  if (options.paths.kafka === undefined) throw new Error("Kafka's Java tools are not installed");
  const script = join(options.paths.repository, 'bench/peers/kafka/tool.sh');
  const env = { ...process.env, PEER_DIR: options.paths.kafka };
  return (await run('bash', [script, ...args], { env })).stdout;
}

/** ProducerPerformance; a fifth of the records are its warm-up, after which its "steady state" counts. */
export async function javaProduce(options: Options, broker: Broker, load: ProduceOptions): Promise<Pass> {
  const warm = Math.floor(load.count / 5);
  const stdout = await javaTool(options, [
    'producer-perf',
    ...['--bootstrap-server', broker.bootstrap, '--topic', load.topic, '--num-records', `${load.count}`],
    ...['--warmup-records', `${warm}`, '--record-size', `${load.size}`, '--throughput', '-1'],
    ...['--command-property', 'acks=all', ...(load.settings ?? [])],
  ]);
  const all = /^(\d+) records sent, .*99\.9th/m.exec(stdout);
  const steady = /^(\d+) steady state records sent, ([\d.]+) records\/sec/m.exec(stdout);
  if (all === null || steady === null)
    throw new Error(`ProducerPerformance printed no result:\n${stdout.slice(-2000)}`);
  demand(
    Number(all[1]) === load.count,
    `ProducerPerformance: ${load.count} wanted, ${all[1]} sent and acknowledged`,
  );
  const perSecond = Number(steady[2]);
  return {
    messages: load.count,
    bytes: load.count * load.size,
    perSecond,
    seconds: Number(steady[1]) / perSecond,
  };
}

/** Reads a whole partition from its beginning, without a group. */
export async function rdkafkaConsume(
  options: Options,
  broker: Broker,
  topic: string,
  count: number,
): Promise<Pass> {
  const args = [
    '-C',
    '-b',
    broker.bootstrap,
    '-t',
    topic,
    '-p',
    '0',
    '-o',
    'beginning',
    '-c',
    `${count}`,
    '-q',
    ...(broker.clientSettings ?? []).flatMap((setting) => ['-X', setting]),
  ];
  const { stdout } = await run(options.paths.rdkafkaPerformance, args);
  const match = /^% (\d+) messages \((\d+) bytes\) consumed in (\d+)ms/m.exec(stdout);
  if (match === null) throw new Error(`rdkafka_performance printed no summary:\n${stdout.slice(-2000)}`);
  demand(Number(match[1]) === count, `rdkafka_performance: ${match[1]} consumed of ${count}`);
  const seconds = Number(match[3]) / 1000;
  return { messages: count, bytes: Number(match[2]), perSecond: count / Math.max(seconds, 0.001), seconds };
}

/** ConsumerPerformance in a group of its own; its fetch time counts (its start and the join do not). */
export async function javaConsume(
  options: Options,
  broker: Broker,
  topic: string,
  count: number,
): Promise<Pass> {
  const stdout = await javaTool(options, [
    'consumer-perf',
    ...['--bootstrap-server', broker.bootstrap, '--topic', topic, '--num-records', `${count}`],
  ]);
  const fields = stdout
    .trim()
    .split('\n')
    .at(-1)!
    .split(',')
    .map((field) => field.trim());
  const messages = Number(fields[4]);
  const seconds = Number(fields[7]) / 1000;
  demand(messages === count, `ConsumerPerformance: ${fields[4]} consumed of ${count}`);
  return {
    messages,
    bytes: Number(fields[2]) * 1048576,
    perSecond: messages / Math.max(seconds, 0.001),
    seconds,
  };
}

/** One of bench/macro/drivers; its line of JSON. */
export async function driver(
  options: Options,
  name: 'e2e' | 'rate' | 'admin' | 'disk' | 'keyed' | 'txn',
  args: readonly (string | number)[],
): Promise<Record<string, number>> {
  const { stdout } = await run(join(options.paths.drivers, name), args.map(String), { timeoutS: 900 });
  return JSON.parse(stdout) as Record<string, number>;
}

/** The driver bench/macro/drivers/members: it speaks the consumer protocol of groups for many members. */
export function membersDriver(
  options: Options,
  args: readonly (string | number)[],
): readonly [string, readonly string[]] {
  return [process.execPath, [join(options.paths.drivers, 'members.mjs'), ...args.map(String)]];
}

/**
 * How long a broker is at work before its latency counts, s. In the first ten seconds or so V8, like the JVM, compiles what is hot, in threads
 * beside it on the same cores: of two cores that doubled the p99 of commits.
 */
export function latencyWarmS({ smoke }: Options): number {
  return smoke ? 0.1 : 15;
}

export function latencies(line: Record<string, number>): Latencies {
  const [samples, p50Ms, p90Ms, p99Ms, p999Ms, maxMs] = [
    ...['samples', 'p50_ms', 'p90_ms', 'p99_ms', 'p999_ms', 'max_ms'],
  ].map((name) => {
    const value = line[name];
    if (value === undefined) throw new Error(`the driver printed no ${name}`);
    return value;
  }) as [number, number, number, number, number, number];
  return { samples, p50Ms, p90Ms, p99Ms, p999Ms, maxMs };
}

/** The most partitions that Kafka takes in one request is a little under 10,000. */
const partitionsPerRequest = 5000;

export async function createTopic(
  options: Options,
  broker: Broker,
  topic: string,
  partitions: number,
): Promise<{ requestS: number; readyS: number }> {
  const line = await driver(options, 'admin', [
    'create',
    broker.bootstrap,
    topic,
    partitions,
    partitionsPerRequest,
  ]);
  return { requestS: line.request_s!, readyS: line.ready_s! };
}

/** Says what is wrong with a topic's number of messages; more than acknowledged is only possible by retries. */
export async function checkCount(
  options: Options,
  broker: Broker,
  topic: { readonly name: string; readonly partitions: number; readonly acknowledged: number },
): Promise<string | undefined> {
  const { messages } = await driver(options, 'admin', [
    'count',
    broker.bootstrap,
    topic.name,
    topic.partitions,
  ]);
  const { acknowledged, name } = topic;
  demand(
    messages! >= acknowledged,
    `LOST: ${name} holds ${messages} of ${acknowledged} acknowledged messages`,
  );
  return messages! > acknowledged ? `${messages! - acknowledged} duplicates from retries` : undefined;
}

type Producer = (options: Options, broker: Broker, load: ProduceOptions) => Promise<Pass>;

export interface WarmLoad extends ProduceOptions {
  readonly partitions: number;
  readonly produce: Producer;
}

/**
 * Produces until the broker is warm and a rate is known, then one measured pass that should last `seconds`; checks
 * the topic's count. `load.count` is the first guess. A smoke takes one pass of a hundredth of it.
 */
export async function producePass(
  options: Options,
  broker: Broker,
  load: WarmLoad,
): Promise<{ pass: MeasuredPass; note: string | undefined }> {
  const { produce, partitions, ...first } = load;
  let acknowledged = 0;
  let count = options.smoke ? Math.max(100, Math.floor(first.count / 100)) : first.count;
  if (!options.smoke) {
    for (;;) {
      const warm = await produce(options, broker, { ...first, count });
      acknowledged += warm.messages;
      // A pass shorter than this says little of the rate, and a JVM is not warm.
      const enough = warm.seconds >= Math.min(1.5, options.seconds / 2);
      count = enough ? Math.ceil(warm.perSecond * options.seconds * 1.15) : count * 4;
      if (enough) break;
    }
  }
  const { result, usage } = await measured(
    broker.pid,
    () => produce(options, broker, { ...first, count }),
    (pass) => pass.messages,
  );
  acknowledged += result.messages;
  const note = await checkCount(options, broker, { name: load.topic, partitions, acknowledged });
  return { pass: { ...result, usage }, note };
}
