// `polylog queue purge`: makes all messages done for one subscription.

import type { Command } from 'commander';
import type { QueuePositions } from '../../broker/admin/answers.ts';
import { ask } from '../admin.ts';
import { agreed } from '../confirmation.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';
import { formatPositions } from './queue-seek.ts';

interface Flags extends ClientFlags {
  readonly yes?: true;
}

export function defineQueuePurge(queue: Command): void {
  const command = queue
    .command('purge')
    .description('make all messages that are there now done, for this subscription')
    .argument('<topic>')
    .argument('<subscription>')
    .option('-y, --yes', "don't ask; needed where there is no terminal")
    .addHelpText(
      'after',
      `
The messages stay in the topic, and with other subscriptions; \`queue seek\` goes back to them.

Example:
  $ polylog queue purge orders billing --yes`,
    );
  addClientFlags(command).action(purge);
}

async function purge(topic: string, subscription: string, flags: Flags): Promise<void> {
  await agreed(flags, `make all messages of ${topic} done for ${subscription}?`);
  const output = new Output();
  await withClient(flags, async (client) => {
    const answer = await ask<QueuePositions>(client, 'queue.purge', { topic, subscription });
    await output.write(formatPositions(answer));
  });
}
