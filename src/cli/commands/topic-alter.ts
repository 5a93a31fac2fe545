// `polylog topic alter`.

import type { Command } from 'commander';
import { parseInteger } from '../arguments.ts';
import { addConfigFlags, type ConfigFlags, configChanges, tellChanges } from '../config-changes.ts';
import { usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, requireTopic, withClient } from '../session.ts';
import { Output } from '../terminal.ts';
import { plural } from '../text.ts';

interface Flags extends ClientFlags, ConfigFlags {
  readonly partitions?: string;
}

export function defineTopicAlter(topic: Command): void {
  const command = topic
    .command('alter')
    .description('add partitions, or set and remove settings')
    .argument('<name>')
    .option('-p, --partitions <n>', 'how many partitions there are to be; only more than now')
    .addHelpText(
      'after',
      `
With more partitions, keys may go to other partitions than before: order by key holds only for records written after.

Examples:
  $ polylog topic alter orders --partitions 6
  $ polylog topic alter orders --config retention.ms=86400000 --delete-config max.message.bytes`,
    );
  addClientFlags(addConfigFlags(command)).action(alter);
}

async function alter(name: string, flags: Flags): Promise<void> {
  const changes = configChanges(flags);
  const partitions =
    flags.partitions === undefined
      ? undefined
      : parseInteger(flags.partitions, { name: '--partitions', min: 1, max: 1_000_000 });
  if (partitions === undefined && changes === null) {
    throw usageError('nothing to alter: name --partitions, --config or --delete-config');
  }
  const output = new Output();
  await withClient(flags, async (client) => {
    await requireTopic(client, name);
    if (changes !== null) {
      await client.alterTopicConfigs(name, changes);
      await tellChanges(output, name, changes);
    }
    if (partitions !== undefined) {
      await client.addPartitions(name, partitions);
      await output.write(`${name}: ${plural(partitions, 'partition')}\n`);
    }
  });
}
