// `polylog topic delete`.

import type { Command } from 'commander';
import { CliError, usageError } from '../errors.ts';
import { CODE } from '../failures.ts';
import { addClientFlags, type ClientFlags, sentence, withClient } from '../session.ts';
import { confirm, note, Output } from '../terminal.ts';
import { plural } from '../text.ts';

interface Flags extends ClientFlags {
  readonly yes?: true;
}

export function defineTopicDelete(topic: Command): void {
  const command = topic
    .command('delete')
    .description('delete topics and all their records')
    .argument('<names...>')
    .option('-y, --yes', "don't ask; needed where there is no terminal")
    .addHelpText(
      'after',
      `
Examples:
  $ polylog topic delete orders
  $ polylog topic delete orders payments --yes`,
    );
  addClientFlags(command).action(remove);
}

async function remove(names: string[], flags: Flags): Promise<void> {
  const chosen = [...new Set(names)];
  if (flags.yes !== true && !(process.stdin.isTTY && process.stderr.isTTY)) {
    throw usageError('there is no terminal to ask on: add --yes to delete without a question');
  }
  const output = new Output();
  await withClient(flags, async (client) => {
    if (flags.yes !== true) {
      const question = `delete ${chosen.join(', ')} with all records?`;
      if (!(await confirm(question))) throw new CliError('nothing was deleted');
    }
    const results = await client.deleteTopics(chosen);
    let failed = 0;
    for (const name of chosen) {
      const failure = results.get(name);
      if (failure === undefined) {
        await output.write(`deleted topic ${name}\n`);
        continue;
      }
      failed++;
      note(
        failure.code === CODE.unknownTopicOrPartition
          ? `there is no topic "${name}"`
          : `topic "${name}" was not deleted: ${sentence(failure)}`,
      );
    }
    if (failed > 0) throw new CliError(`${plural(failed, 'topic was', 'topics were')} not deleted`);
  });
}
