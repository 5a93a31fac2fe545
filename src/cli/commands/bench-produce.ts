// `polylog bench produce`.

import type { Command } from 'commander';
import { parseInteger } from '../arguments.ts';
import {
  addBenchFlags,
  type BenchFlags,
  benchTopic,
  formatPercentiles,
  formatRate,
  newHistogram,
  parseLimit,
  parseSize,
  payloads,
  percentiles,
  rates,
  recordMs,
} from '../bench-kit.ts';
import { CliError } from '../errors.ts';
import { BrokerFailure } from '../failures.ts';
import { Sender } from '../sender.ts';
import { ACKS, addSenderFlags, type SenderFlags } from '../sender-flags.ts';
import { sentence, withClient } from '../session.ts';
import { interruption, Output, Progress } from '../terminal.ts';
import { plural } from '../text.ts';

interface Flags extends BenchFlags, SenderFlags {
  readonly size: string;
  readonly partitions: string;
}

export function defineBenchProduce(bench: Command): void {
  const command = bench
    .command('produce')
    .description('write random records as fast as this client can')
    .option('--size <bytes>', 'bytes of a value, e.g. 100, 1k', '100')
    .option('-p, --partitions <n>', 'partitions of the topic where it has to be made', '1');
  addSenderFlags(command).addHelpText(
    'after',
    `
Without --count and --seconds it runs for 5 seconds. The times are those of a request with its batches.

Examples:
  $ polylog bench produce
  $ polylog bench produce --size 1k --count 1000000 --acks 1`,
  );
  addBenchFlags(command).action(benchProduce);
}

async function benchProduce(flags: Flags): Promise<void> {
  const limit = parseLimit(flags, { durationMs: 5000 });
  const values = payloads(parseSize(flags.size));
  const partitions = parseInteger(flags.partitions, { name: '--partitions', min: 1, max: 1_000_000 });
  const stop = interruption().signal;
  const output = new Output();
  await withClient(flags, async (client) => {
    const topic = await benchTopic(client, flags.topic, partitions);
    const histogram = newHistogram();
    const progress = new Progress();
    const sender = new Sender({
      client,
      topic,
      acks: ACKS[flags.acks],
      compression: flags.compression,
      idempotent: false,
      queuedBytesMax: 4 * 1024 * 1024,
      onAnswer: (_, elapsedMs) => recordMs(histogram, elapsedMs),
    });
    const startedMs = performance.now();
    const elapsedMs = (): number => performance.now() - startedMs;
    for (let n = 0; n < limit.count && elapsedMs() < limit.durationMs && !stop.aborted; n++) {
      await sender.push({ key: null, value: values[n % values.length]!, headers: [] });
      progress.update(() => formatRate(sender.sent, sender.sentBytes, elapsedMs()));
    }
    await sender.finish();
    progress.clear();
    const took = elapsedMs();
    const request = percentiles(histogram);
    await output.write(
      flags.json === true
        ? `${JSON.stringify({ ...rates(sender.sent, sender.sentBytes, took), failed: sender.failed, requestMs: request })}\n`
        : `produced ${formatRate(sender.sent, sender.sentBytes, took)}\nrequest  ${formatPercentiles(request)}\n`,
    );
    if (sender.failed > 0) {
      const why = sender.firstFailure instanceof BrokerFailure ? sentence(sender.firstFailure) : 'no answer';
      throw new CliError(`${plural(sender.failed, 'record was', 'records were')} not taken: ${why}`);
    }
  });
}
