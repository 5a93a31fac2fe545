// `polylog bench consume`.

import type { Command } from 'commander';
import { addBenchFlags, type BenchFlags, formatRate, parseLimit, rates } from '../bench-kit.ts';
import { EARLIEST, LATEST } from '../client.ts';
import { Reader } from '../reader.ts';
import { choosePartitions, requireTopic, withClient } from '../session.ts';
import { interruption, Output, Progress } from '../terminal.ts';

export function defineBenchConsume(bench: Command): void {
  const command = bench
    .command('consume')
    .description('read a topic from its beginning as fast as this client can')
    .addHelpText(
      'after',
      `
Without --count and --seconds it reads to the end that the topic has when it starts.

Examples:
  $ polylog bench consume
  $ polylog bench consume --topic orders --seconds 10`,
    );
  addBenchFlags(command).action(benchConsume);
}

async function benchConsume(flags: BenchFlags): Promise<void> {
  const limit = parseLimit(flags, {});
  const stop = interruption().signal;
  const output = new Output();
  await withClient(flags, async (client) => {
    const topic = await requireTopic(client, flags.topic);
    const partitions = choosePartitions(topic, undefined);
    const starts = await client.listOffsets(topic, partitions, EARLIEST);
    const ends = await client.listOffsets(topic, partitions, LATEST);
    const reader = new Reader({ client, topic, patient: false, maxBytes: 8 * 1024 * 1024 });
    reader.assign(
      partitions.map((partition) => ({
        partition,
        offset: starts.get(partition)?.offset ?? 0,
        end: ends.get(partition)?.offset ?? 0,
      })),
    );
    const progress = new Progress();
    const startedMs = performance.now();
    const elapsedMs = (): number => performance.now() - startedMs;
    let records = 0;
    let bytes = 0;
    while (!reader.done && records < limit.count && elapsedMs() < limit.durationMs && !stop.aborted) {
      for (const part of await reader.next(stop)) {
        records += part.records.length;
        for (const { key, value } of part.records) bytes += (key?.length ?? 0) + (value?.length ?? 0);
      }
      progress.update(() => formatRate(records, bytes, elapsedMs()));
    }
    progress.clear();
    const took = elapsedMs();
    await output.write(
      flags.json === true
        ? `${JSON.stringify(rates(records, bytes, took))}\n`
        : `consumed ${formatRate(records, bytes, took)}\n`,
    );
  });
}
