// `polylog group alter`.

import type { Command } from 'commander';
import { addConfigFlags, type ConfigFlags, configChanges, tellChanges } from '../config-changes.ts';
import { usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';

type Flags = ClientFlags & ConfigFlags;

export function defineGroupAlter(group: Command): void {
  const command = group
    .command('alter')
    .description('set and remove settings of a group')
    .argument('<group>')
    .addHelpText(
      'after',
      `
A group need not be there yet to have settings. docs/operating/settings.md names them.

Examples:
  $ polylog group alter billing --config share.auto.offset.reset=earliest
  $ polylog group alter billing --config polylog.rocketmq.fifo=true`,
    );
  addClientFlags(addConfigFlags(command)).action(alter);
}

async function alter(name: string, flags: Flags): Promise<void> {
  const changes = configChanges(flags);
  if (changes === null) throw usageError('nothing to alter: name --config or --delete-config');
  const output = new Output();
  await withClient(flags, async (client) => {
    await client.alterGroupConfigs(name, changes);
    await tellChanges(output, name, changes);
  });
}
