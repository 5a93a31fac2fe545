// `polylog group alter`.

import type { Command } from 'commander';
import { collect, parsePair } from '../arguments.ts';
import { usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';

interface Flags extends ClientFlags {
  readonly config?: string[];
  readonly deleteConfig?: string[];
}

export function defineGroupAlter(group: Command): void {
  const command = group
    .command('alter')
    .description('set and remove settings of a group')
    .argument('<group>')
    .option('-c, --config <name=value>', 'set a setting; may be repeated', collect)
    .option('-d, --delete-config <name>', 'go back to the default of a setting; may be repeated', collect)
    .addHelpText(
      'after',
      `
A group need not be there yet to have settings. docs/operating/settings.md names them.

Examples:
  $ polylog group alter billing --config share.auto.offset.reset=earliest
  $ polylog group alter billing --config polylog.rocketmq.fifo=true`,
    );
  addClientFlags(command).action(alter);
}

async function alter(name: string, flags: Flags): Promise<void> {
  const set = (flags.config ?? []).map((one) => parsePair(one, '--config'));
  const remove = flags.deleteConfig ?? [];
  if (set.length === 0 && remove.length === 0) {
    throw usageError('nothing to alter: name --config or --delete-config');
  }
  const output = new Output();
  await withClient(flags, async (client) => {
    await client.alterGroupConfigs(name, set, remove);
    for (const [key, value] of set) await output.write(`${name}: ${key}=${value}\n`);
    for (const key of remove) await output.write(`${name}: ${key} is the default again\n`);
  });
}
