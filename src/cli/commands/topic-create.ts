// `polylog topic create`.

import type { Command } from 'commander';
import { collect, parseInteger, parsePair } from '../arguments.ts';
import { CliError } from '../errors.ts';
import { BrokerFailure, CODE } from '../failures.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';
import { plural } from '../text.ts';

interface Flags extends ClientFlags {
  readonly partitions?: string;
  readonly config?: string[];
  readonly ifNotExists?: true;
}

export function defineTopicCreate(topic: Command): void {
  const command = topic
    .command('create')
    .description('create a topic')
    .argument('<name>', 'letters, digits, ".", "_" and "-"')
    .option('-p, --partitions <n>', "how many partitions (default: the broker's num.partitions)")
    .option('-c, --config <name=value>', 'a setting of the topic; may be repeated', collect)
    .option('--if-not-exists', 'succeed where the topic is there already')
    .addHelpText(
      'after',
      `
Examples:
  $ polylog topic create orders
  $ polylog topic create orders --partitions 3
  $ polylog topic create audit --config retention.ms=-1 --config max.message.bytes=4194304`,
    );
  addClientFlags(command).action(create);
}

async function create(name: string, flags: Flags): Promise<void> {
  const partitions =
    flags.partitions === undefined
      ? -1
      : parseInteger(flags.partitions, { name: '--partitions', min: 1, max: 1_000_000 });
  const configs = (flags.config ?? []).map((one) => parsePair(one, '--config'));
  const output = new Output();
  await withClient(flags, async (client) => {
    try {
      const made = await client.createTopic(name, partitions, configs);
      await output.write(`created topic ${name} with ${plural(made.partitions.length, 'partition')}\n`);
    } catch (error) {
      if (!(error instanceof BrokerFailure) || error.code !== CODE.topicExists) throw error;
      if (flags.ifNotExists !== true) {
        throw new CliError(`topic "${name}" exists already: choose another name, or add --if-not-exists`);
      }
      await output.write(`topic ${name} exists already\n`);
    }
  });
}
