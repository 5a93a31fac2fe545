// `polylog topic alter`.

import type { Command } from 'commander';
import { collect, parseInteger, parsePair } from '../arguments.ts';
import { usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, requireTopic, withClient } from '../session.ts';
import { Output } from '../terminal.ts';
import { plural } from '../text.ts';

interface Flags extends ClientFlags {
  readonly partitions?: string;
  readonly config?: string[];
  readonly deleteConfig?: string[];
}

export function defineTopicAlter(topic: Command): void {
  const command = topic
    .command('alter')
    .description('add partitions, or set and remove settings')
    .argument('<name>')
    .option('-p, --partitions <n>', 'how many partitions there are to be; only more than now')
    .option('-c, --config <name=value>', 'set a setting; may be repeated', collect)
    .option('-d, --delete-config <name>', 'go back to the default of a setting; may be repeated', collect)
    .addHelpText(
      'after',
      `
With more partitions, keys may go to other partitions than before: order by key holds only for records written after.

Examples:
  $ polylog topic alter orders --partitions 6
  $ polylog topic alter orders --config retention.ms=86400000 --delete-config max.message.bytes`,
    );
  addClientFlags(command).action(alter);
}

async function alter(name: string, flags: Flags): Promise<void> {
  const set = (flags.config ?? []).map((one) => parsePair(one, '--config'));
  const remove = flags.deleteConfig ?? [];
  const partitions =
    flags.partitions === undefined
      ? undefined
      : parseInteger(flags.partitions, { name: '--partitions', min: 1, max: 1_000_000 });
  if (partitions === undefined && set.length === 0 && remove.length === 0) {
    throw usageError('nothing to alter: name --partitions, --config or --delete-config');
  }
  const output = new Output();
  await withClient(flags, async (client) => {
    await requireTopic(client, name);
    if (set.length + remove.length > 0) {
      await client.alterTopicConfigs(name, set, remove);
      for (const [key, value] of set) await output.write(`${name}: ${key}=${value}\n`);
      for (const key of remove) await output.write(`${name}: ${key} is the default again\n`);
    }
    if (partitions !== undefined) {
      await client.addPartitions(name, partitions);
      await output.write(`${name}: ${plural(partitions, 'partition')}\n`);
    }
  });
}
