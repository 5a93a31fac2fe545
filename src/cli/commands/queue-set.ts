// `polylog queue set`: changes settings of a subscription.

import type { Command } from 'commander';
import type { QueueSettings } from '../../broker/admin/answers.ts';
import { ask } from '../admin.ts';
import { usageError } from '../errors.ts';
import { addSettingsOptions, type SettingsFlags, settingsOf } from '../queue-options.ts';
import { describeSettings } from '../queue-words.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';

interface Flags extends ClientFlags, SettingsFlags {}

export function defineQueueSet(queue: Command): void {
  const command = queue
    .command('set')
    .description('change settings of a subscription; its order stays as it was made')
    .argument('<topic>')
    .argument('<subscription>');
  addSettingsOptions(command).addHelpText(
    'after',
    `
All settings are printed as they are afterwards. What a share group is set to follows its group settings.

Examples:
  $ polylog queue set orders billing --deliveries 5 --dead-letter-topic orders-dead
  $ polylog queue set orders billing --retry 1s,10s,1m,10m --lock 1m
  $ polylog queue set orders billing --no-filter`,
  );
  addClientFlags(command).action(set);
}

async function set(topic: string, subscription: string, flags: Flags): Promise<void> {
  const settings = settingsOf(flags);
  if (Object.keys(settings).length === 0) throw usageError('nothing to set: name a setting, see --help');
  const output = new Output();
  await withClient(flags, async (client) => {
    const answer = await ask<QueueSettings>(client, 'queue.set', { topic, subscription, settings });
    for (const [name, value] of describeSettings(answer.settings)) await output.write(`${name}: ${value}\n`);
  });
}
