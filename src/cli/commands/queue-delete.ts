// `polylog queue delete`.

import type { Command } from 'commander';
import { ask } from '../admin.ts';
import { agreed } from '../confirmation.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';

interface Flags extends ClientFlags {
  readonly yes?: true;
}

export function defineQueueDelete(queue: Command): void {
  const command = queue
    .command('delete')
    .description('delete subscriptions of a topic; its messages stay')
    .argument('<topic>')
    .argument('<subscriptions...>')
    .option('-y, --yes', "don't ask; needed where there is no terminal")
    .addHelpText(
      'after',
      `
Where it stood is forgotten. A consumer that comes again makes a new one.

Example:
  $ polylog queue delete orders billing --yes`,
    );
  addClientFlags(command).action(remove);
}

async function remove(topic: string, subscriptions: string[], flags: Flags): Promise<void> {
  const chosen = [...new Set(subscriptions)];
  await agreed(flags, `delete ${chosen.join(', ')} of topic ${topic}?`);
  const output = new Output();
  await withClient(flags, async (client) => {
    for (const subscription of chosen) {
      await ask(client, 'queue.delete', { topic, subscription });
      await output.write(`deleted subscription ${subscription} of topic ${topic}\n`);
    }
  });
}
