// `polylog topic describe`: partitions with their offsets, and the settings that are not the defaults.

import type { Command } from 'commander';
import { type Client, type ConfigEntry, EARLIEST, LATEST, MAX_TIMESTAMP, type TopicInfo } from '../client.ts';
import { addClientFlags, type ClientFlags, requireTopic, withClient } from '../session.ts';
import { heading, Output, warning } from '../terminal.ts';
import { formatCount, formatTable, formatTime, formatTopicId } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
}

interface Described {
  readonly name: string;
  readonly id: string;
  readonly internal: boolean;
  readonly partitions: readonly {
    partition: number;
    leader: number;
    replicas: readonly number[];
    isr: readonly number[];
    start: number;
    end: number;
  }[];
  readonly configs: readonly ConfigEntry[];
  /** The newest record's time, where there is a record and the broker tells it. */
  readonly newestMs: number | undefined;
  readonly retentionMs: number;
}

export function defineTopicDescribe(topic: Command): void {
  const command = topic
    .command('describe')
    .description('show partitions, offsets and settings')
    .argument('<names...>')
    .option('--json', 'one JSON object a line and topic: name, id, internal, partitions, configs')
    .addHelpText(
      'after',
      `
START is the first offset that is kept, END the next one to be written. Of the settings those are shown that are not
Kafka's defaults, with where each comes from.

Examples:
  $ polylog topic describe orders
  $ polylog topic describe orders payments --json`,
    );
  addClientFlags(command).action(describe);
}

async function describe(names: string[], flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const topics: Described[] = [];
    for (const name of new Set(names)) topics.push(await read(client, await requireTopic(client, name)));
    for (const [index, topic] of topics.entries()) {
      if (flags.json === true) {
        const { newestMs: _, retentionMs: __, ...shown } = topic;
        await output.write(`${JSON.stringify(shown)}\n`);
      } else {
        await output.write((index > 0 ? '\n' : '') + format(topic));
      }
    }
  });
}

async function read(client: Client, topic: TopicInfo): Promise<Described> {
  const led = topic.partitions.filter(({ leader }) => leader >= 0).map(({ partition }) => partition);
  const starts = await client.listOffsets(topic, led, EARLIEST);
  const ends = await client.listOffsets(topic, led, LATEST);
  const newest = await client.listOffsets(topic, led, MAX_TIMESTAMP).catch(() => new Map());
  const configs = (await client.topicConfigs([topic.name])).get(topic.name) ?? [];
  const times = [...newest.values()].map(({ timestampMs }) => timestampMs).filter((time) => time >= 0);
  return {
    name: topic.name,
    id: formatTopicId(topic.id),
    internal: topic.internal,
    partitions: topic.partitions.map(({ partition, leader, replicas, isr }) => ({
      partition,
      leader,
      replicas,
      isr,
      start: starts.get(partition)?.offset ?? -1,
      end: ends.get(partition)?.offset ?? -1,
    })),
    configs: configs.filter(({ source }) => source !== 'default'),
    newestMs: times.length === 0 ? undefined : Math.max(...times),
    retentionMs: Number(configs.find(({ name }) => name === 'retention.ms')?.value ?? -1),
  };
}

function format(topic: Described): string {
  const records = topic.partitions.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
  const lines = [
    `${heading('topic')}       ${topic.name}${topic.internal ? ' (internal)' : ''}`,
    `${heading('id')}          ${topic.id}`,
    `${heading('partitions')}  ${topic.partitions.length}`,
    `${heading('offsets')}     ${formatCount(records)} from start to end`,
  ];
  const rows = topic.partitions.map((one) => [
    one.partition,
    one.leader < 0 ? '-' : one.leader,
    one.start < 0 ? '-' : one.start,
    one.end < 0 ? '-' : one.end,
    one.replicas.join(','),
    one.isr.join(','),
  ]);
  let text = `${lines.join('\n')}\n\n`;
  text += formatTable(['PARTITION', 'LEADER', 'START', 'END', 'REPLICAS', 'IN-SYNC'], rows, heading);
  if (topic.configs.length > 0) {
    const settings = topic.configs.map(({ name, value, source }) => [name, value ?? '', source]);
    text += `\n${formatTable(['SETTING', 'VALUE', 'FROM'], settings, heading)}`;
  }
  return text + hint(topic);
}

/** Records that are older than the retention time when they are written are deleted at the next look. */
function hint({ newestMs, retentionMs }: Described): string {
  if (newestMs === undefined || retentionMs < 0 || newestMs >= Date.now() - retentionMs) return '';
  const told = `the newest record bears the time ${formatTime(newestMs)}, which is past retention.ms=${retentionMs}: its records will be deleted soon; raise retention.ms to keep them`;
  return `\n${warning(`hint: ${told}`, process.stdout)}\n`;
}
