// `polylog queue pause` and `polylog queue resume`.

import type { Command } from 'commander';
import type { QueueSettings } from '../../broker/admin/answers.ts';
import { ask } from '../admin.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';

export function defineQueuePause(queue: Command): void {
  define(queue, { name: 'pause', description: 'hand out no messages until it is resumed', paused: true });
  define(queue, { name: 'resume', description: 'hand out messages again', paused: false });
}

function define(
  queue: Command,
  {
    name,
    description,
    paused,
  }: { readonly name: string; readonly description: string; readonly paused: boolean },
): void {
  const command = queue
    .command(name)
    .description(description)
    .argument('<topic>')
    .argument('<subscription>')
    .addHelpText(
      'after',
      `
What consumers have already can be acknowledged meanwhile.

Example:
  $ polylog queue ${name} orders billing`,
    );
  addClientFlags(command).action(async (topic: string, subscription: string, flags: ClientFlags) => {
    const output = new Output();
    await withClient(flags, async (client) => {
      await ask<QueueSettings>(client, 'queue.set', { topic, subscription, settings: { paused } });
      await output.write(`${paused ? 'paused' : 'resumed'} subscription ${subscription} of topic ${topic}\n`);
    });
  });
}
