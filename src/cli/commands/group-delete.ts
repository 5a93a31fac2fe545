// `polylog group delete`.

import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import { CODE } from '../failures.ts';
import { addClientFlags, type ClientFlags, sentence, withClient } from '../session.ts';
import { note, Output } from '../terminal.ts';
import { plural } from '../text.ts';

export function defineGroupDelete(group: Command): void {
  const command = group
    .command('delete')
    .description('delete groups without active members, and their offsets')
    .argument('<groups...>')
    .addHelpText(
      'after',
      `
Examples:
  $ polylog group delete g1
  $ polylog group delete g1 g2`,
    );
  addClientFlags(command).action(remove);
}

async function remove(names: string[], flags: ClientFlags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    let failed = 0;
    for (const [name, failure] of await client.deleteGroups([...new Set(names)])) {
      if (failure === undefined) {
        await output.write(`deleted group ${name}\n`);
        continue;
      }
      failed++;
      if (failure.code === CODE.groupNotFound) note(`there is no group "${name}"`);
      else if (failure.code === CODE.nonEmptyGroup)
        note(`group "${name}" has active members: stop them first`);
      else note(`group "${name}" was not deleted: ${sentence(failure)}`);
    }
    if (failed > 0) throw new CliError(`${plural(failed, 'group was', 'groups were')} not deleted`);
  });
}
