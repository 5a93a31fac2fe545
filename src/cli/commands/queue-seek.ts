// `polylog queue seek`: lets a subscription begin anew at another place.

import type { Command } from 'commander';
import type { QueuePositions } from '../../broker/admin/answers.ts';
import { ask } from '../admin.ts';
import { parseInteger, parsePartitions, parseTime } from '../arguments.ts';
import { usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable } from '../text.ts';

interface Flags extends ClientFlags {
  readonly toEarliest?: true;
  readonly toLatest?: true;
  readonly toOffset?: string;
  readonly toTime?: string;
  readonly partition?: string;
  readonly json?: true;
}

export function defineQueueSeek(queue: Command): void {
  const command = queue
    .command('seek')
    .description('begin anew at another place, back or forward')
    .argument('<topic>')
    .argument('<subscription>')
    .option('--to-earliest', 'to the first message that is kept')
    .option('--to-latest', 'to the end')
    .option('--to-offset <n>', 'to this offset')
    .option('--to-time <time>', 'to the first message at or after an ISO time, ms since 1970, or e.g. -1h')
    .option('-p, --partition <n>', 'only this partition, or several with commas')
    .option('--json', 'one JSON object: topic, subscription, positions')
    .addHelpText(
      'after',
      `
What consumers have is taken away from them, and what was known of messages from there on is forgotten: who had it already gets it
again. An offset outside of what a partition holds becomes its nearest end.

Examples:
  $ polylog queue seek orders billing --to-time -1h
  $ polylog queue seek orders billing --partition 0 --to-offset 1042`,
    );
  addClientFlags(command).action(seek);
}

async function seek(topic: string, subscription: string, flags: Flags): Promise<void> {
  const fields = { topic, subscription, ...targetOf(flags), ...partitionsOf(flags) };
  const output = new Output();
  await withClient(flags, async (client) => {
    const answer = await ask<QueuePositions>(client, 'queue.seek', fields);
    await output.write(flags.json === true ? `${JSON.stringify(answer)}\n` : formatPositions(answer));
  });
}

export function formatPositions({ positions }: QueuePositions): string {
  const rows = positions.map(({ partition, offset }) => [partition, offset]);
  return formatTable(['PARTITION', 'OFFSET'], rows, heading);
}

function targetOf(flags: Flags): object {
  const targets: object[] = [];
  if (flags.toEarliest === true) targets.push({ to: 'earliest' });
  if (flags.toLatest === true) targets.push({ to: 'latest' });
  if (flags.toOffset !== undefined)
    targets.push({ offset: parseInteger(flags.toOffset, { name: '--to-offset' }) });
  if (flags.toTime !== undefined) targets.push({ to: { timestampMs: parseTime(flags.toTime, Date.now()) } });
  const [target] = targets;
  if (target !== undefined && targets.length === 1) return target;
  throw usageError('say where to with one of --to-earliest, --to-latest, --to-offset and --to-time');
}

function partitionsOf({ partition }: Flags): object {
  if (partition === undefined) return {};
  return { partitions: parsePartitions(partition, '--partition') };
}
