// `polylog queue create`.

import { type Command, Option } from 'commander';
import type { QueueSettings } from '../../broker/admin/answers.ts';
import { QUEUE_ORDERS } from '../../queue/settings.ts';
import { ask } from '../admin.ts';
import { parseTime } from '../arguments.ts';
import { addSettingsOptions, type SettingsFlags, settingsOf } from '../queue-options.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';

interface Flags extends ClientFlags, SettingsFlags {
  readonly from: string;
}

export function defineQueueCreate(queue: Command): void {
  const command = queue
    .command('create')
    .description('create a subscription of a topic')
    .argument('<topic>')
    .argument('<subscription>')
    .option(
      '--from <where>',
      'where it begins: earliest, latest, an ISO time, ms since 1970, or e.g. -1h',
      'latest',
    )
    .addOption(
      new Option(
        '--order <order>',
        'none; by-key: of each key one at a time; exclusive: one consumer gets all; ' +
          'channels: by key, each for those who ask for it (lite topics)',
      )
        .choices(QUEUE_ORDERS)
        .default('none'),
    );
  addSettingsOptions(command).addHelpText(
    'after',
    `
What is not named has its default: see docs/queues.md, or \`polylog queue describe\`.

Examples:
  $ polylog queue create orders billing
  $ polylog queue create orders billing --from earliest --deliveries 5 --dead-letter-topic orders-dead --retry 1s..10m
  $ polylog queue create orders shipping --order by-key --filter "region = 'eu'"`,
  );
  addClientFlags(command).action(create);
}

async function create(topic: string, subscription: string, flags: Flags): Promise<void> {
  const { from } = flags;
  const begin =
    from === 'earliest' || from === 'latest' ? from : { timestampMs: parseTime(from, Date.now()) };
  const fields = { topic, subscription, from: begin, settings: settingsOf(flags) };
  const output = new Output();
  await withClient(flags, async (client) => {
    await ask<QueueSettings>(client, 'queue.create', fields);
    await output.write(`created subscription ${subscription} of topic ${topic}\n`);
  });
}
