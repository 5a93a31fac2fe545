// `polylog queue describe`: settings, who has messages, and where each partition stands.

import type { Command } from 'commander';
import type { QueueDescription, QueuePartition } from '../../broker/admin/answers.ts';
import { pages } from '../admin.ts';
import { describeSettings } from '../queue-words.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatAge, formatFacts, formatTable, formatTime } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
}

export function defineQueueDescribe(queue: Command): void {
  const command = queue
    .command('describe')
    .description('show settings, consumers with messages, and where each partition stands')
    .argument('<topic>')
    .argument('<subscription>')
    .option('--json', 'one JSON object: as in `queue list`, and settings, holders, partitions, channels')
    .addHelpText(
      'after',
      `
All before START is done, from NEXT on nothing was handed out, END is the next offset to be written. OLDEST is the first message that
is not done, and AGE the time since it was published. CHANNELS and UNASKED are there where consumers ask for channels (RocketMQ's lite topics).

Examples:
  $ polylog queue describe orders billing
  $ polylog queue describe orders billing --json | jq '.partitions[].oldest'`,
    );
  addClientFlags(command).action(describe);
}

async function describe(topic: string, subscription: string, flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const all = pages<QueueDescription>(client, 'queue.describe', {
      fields: { topic, subscription },
      next: ({ nextPartition }) => (nextPartition === null ? null : { partition: nextPartition }),
    });
    let first: QueueDescription | undefined;
    const partitions: QueuePartition[] = [];
    for await (const page of all) {
      first ??= page;
      partitions.push(...page.partitions);
    }
    const { nextPartition: _, ...description } = first!;
    const whole = { ...description, partitions };
    await output.write(flags.json === true ? `${JSON.stringify(whole)}\n` : format(whole, Date.now()));
  });
}

function describeChannels(channels: QueueDescription['channels']): [string, string][] {
  if (!channels) return [];
  const { consumers, asked, waiting, unaskedMessages } = channels;
  return [
    ['channels', `${asked} asked for, ${waiting} with messages; consumers: ${consumers}`],
    ['unasked', `${unaskedMessages} messages of channels that no consumer asks for`],
  ];
}

function format(one: Omit<QueueDescription, 'nextPartition'>, nowMs: number): string {
  const oldestMs = Math.min(
    ...one.partitions.map(({ oldest }) => oldest?.timestampMs ?? Number.POSITIVE_INFINITY),
  );
  const facts: [string, string][] = [
    ['topic', one.topic],
    ['subscription', one.subscription],
    ['state', one.paused ? 'paused' : 'open'],
    ['consumers', `${one.consumers} with messages, ${one.waitingConsumers} that wait for some`],
    ...describeChannels(one.channels),
    ['oldest', Number.isFinite(oldestMs) ? `${formatAge(nowMs - oldestMs)} old` : 'nothing to do'],
    ...describeSettings(one.settings),
  ];
  let text = formatFacts(facts, heading);
  if (one.holders.length > 0) {
    const rows = one.holders.map(({ consumer, acquired, sinceMs }) => [
      consumer,
      acquired,
      formatTime(sinceMs),
    ]);
    text += `\n${formatTable(['CONSUMER', 'ACQUIRED', 'SINCE'], rows, heading)}`;
  }
  const rows = one.partitions.map((window) => [
    window.partition,
    window.start,
    window.next,
    window.end,
    window.available,
    window.acquired,
    window.waiting,
    window.blocked,
    window.dead,
    window.oldest?.offset ?? '-',
    window.oldest === null ? '-' : formatAge(nowMs - window.oldest.timestampMs),
  ]);
  const headings = [
    'PARTITION',
    'START',
    'NEXT',
    'END',
    'AVAILABLE',
    'ACQUIRED',
    'WAITING',
    'BLOCKED',
    'DEAD',
    'OLDEST',
    'AGE',
  ];
  return `${text}\n${formatTable(headings, rows, heading)}`;
}
