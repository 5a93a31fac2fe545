// `polylog group list`.

import type { Command } from 'commander';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
}

export function defineGroupList(group: Command): void {
  const command = group
    .command('list')
    .description('list the groups')
    .option('--json', 'one JSON object a line: group, state, type, protocolType')
    .addHelpText(
      'after',
      `
Examples:
  $ polylog group list
  $ polylog group list --json | jq -r .group`,
    );
  addClientFlags(command).action(list);
}

async function list(flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const groups = await client.listGroups();
    if (flags.json === true) {
      for (const one of groups) await output.write(`${JSON.stringify(one)}\n`);
      return;
    }
    if (groups.length === 0) {
      await output.write('there are no groups; one is made by `polylog consume TOPIC --group NAME`\n');
      return;
    }
    const rows = groups.map(({ group, state, type, protocolType }) => [
      group,
      state,
      type,
      protocolType || '-',
    ]);
    await output.write(formatTable(['GROUP', 'STATE', 'TYPE', 'PROTOCOL'], rows, heading));
  });
}
