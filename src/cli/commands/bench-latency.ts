// `polylog bench latency`: one record at a time, from sending it to having read it.

import { type Command, Option } from 'commander';
import {
  addBenchFlags,
  type BenchFlags,
  benchTopic,
  formatPercentiles,
  newHistogram,
  parseLimit,
  parseSize,
  payloads,
  percentiles,
  recordMs,
} from '../bench-kit.ts';
import { type Client, LATEST, type TopicInfo } from '../client.ts';
import type { Acks } from '../client-apis.ts';
import { CliError } from '../errors.ts';
import { BrokerFailure, CODE } from '../failures.ts';
import { openClient, withClient } from '../session.ts';
import { interruption, Output, Progress } from '../terminal.ts';
import { formatCount } from '../text.ts';

interface Flags extends BenchFlags {
  readonly size: string;
  readonly acks: string;
}

const ACKS: Readonly<Record<string, Acks>> = { '1': 1, all: -1 };
const WARM_UP = 200;

export function defineBenchLatency(bench: Command): void {
  const command = bench
    .command('latency')
    .description('send one record at a time and wait until it has been read')
    .option('--size <bytes>', 'bytes of a value, e.g. 100, 1k', '1k')
    .addOption(
      new Option('--acks <acks>', 'answer when: 1 written, all durable').choices(['1', 'all']).default('all'),
    )
    .addHelpText(
      'after',
      `
Without --count and --seconds it sends 5,000 records, after ${WARM_UP} that don't count. "acknowledged" is from sending
to the broker's answer, "end to end" from sending to having read it; partition 0 is used.

Examples:
  $ polylog bench latency
  $ polylog bench latency --size 100 --count 20000`,
    );
  addBenchFlags(command).action(benchLatency);
}

async function benchLatency(flags: Flags): Promise<void> {
  const limit = parseLimit(flags, { count: 5000 });
  const values = payloads(parseSize(flags.size));
  const stop = interruption().signal;
  const output = new Output();
  await withClient(flags, async (writer) => {
    const topic = await benchTopic(writer, flags.topic, 1);
    const reading = openClient(flags);
    try {
      const lap = await newLap({ writer, reading, topic, acks: ACKS[flags.acks]! });
      for (let n = 0; n < WARM_UP && !stop.aborted; n++) await lap(values[n % values.length]!);
      const acknowledged = newHistogram();
      const endToEnd = newHistogram();
      const progress = new Progress();
      const startedMs = performance.now();
      let count = 0;
      while (count < limit.count && performance.now() - startedMs < limit.durationMs && !stop.aborted) {
        const { acknowledgedMs, readMs } = await lap(values[count % values.length]!);
        recordMs(acknowledged, acknowledgedMs);
        recordMs(endToEnd, readMs);
        count++;
        progress.update(() => `${formatCount(count)} records`);
      }
      progress.clear();
      const result = {
        records: count,
        acknowledgedMs: percentiles(acknowledged),
        endToEndMs: percentiles(endToEnd),
      };
      await output.write(
        flags.json === true
          ? `${JSON.stringify(result)}\n`
          : `${formatCount(count)} records, one at a time\nacknowledged  ${formatPercentiles(result.acknowledgedMs)}\nend to end    ${formatPercentiles(result.endToEndMs)}\n`,
      );
    } finally {
      await reading.close();
    }
  });
}

type Lap = (value: Buffer) => Promise<{ acknowledgedMs: number; readMs: number }>;

interface LapOptions {
  readonly writer: Client;
  readonly reading: Client;
  readonly topic: TopicInfo;
  readonly acks: Acks;
}

/** A function that sends one record to partition 0 while a fetch waits for it, and times both. */
async function newLap({ writer, reading, topic, acks }: LapOptions): Promise<Lap> {
  const node = topic.partitions[0]?.leader ?? -1;
  if (node < 0) throw new BrokerFailure(CODE.leaderNotAvailable);
  let offset = (await writer.listOffsets(topic, [0], LATEST)).get(0)?.offset ?? 0;
  const readOne = async (): Promise<number> => {
    for (;;) {
      const request = {
        node,
        topicId: topic.id,
        partitions: [{ partition: 0, offset }],
        maxWaitMs: 500,
        maxBytes: 1 << 20,
      };
      const [part] = await reading.fetch(request);
      if (part !== undefined && part.errorCode !== 0) throw new BrokerFailure(part.errorCode);
      if (part === undefined || part.records.length === 0) continue;
      offset = part.nextOffset;
      return performance.now();
    }
  };
  return async (value) => {
    const record = { partition: 0, timestampMs: Date.now(), key: null, value, headers: [] };
    const read = readOne();
    const sentMs = performance.now();
    const sending = writer
      .produce({ node, topic: topic.name, records: [record], acks, compression: 'none' })
      .then((answers) => {
        const failed = answers.find(({ errorCode }) => errorCode !== 0);
        if (failed !== undefined)
          throw new CliError(
            `the record was not taken: ${new BrokerFailure(failed.errorCode, failed.message).message}`,
          );
        return performance.now();
      });
    const [acknowledgedAt, readAt] = await Promise.all([sending, read]);
    return { acknowledgedMs: acknowledgedAt - sentMs, readMs: readAt - sentMs };
  };
}
