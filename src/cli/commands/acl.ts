// `polylog acl`: list, add, remove. Options as kafka-acls has them.

import type { Command } from 'commander';
import { type AclFlags, aclCells, type CliAcl, listingOf, removalsOf, rulesOf } from '../acl-words.ts';
import { collect } from '../arguments.ts';
import { CliError, usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { confirm, heading, Output } from '../terminal.ts';
import { formatTable, plural } from '../text.ts';

type Flags = ClientFlags & AclFlags;

const COLUMNS = ['PERMISSION', 'PRINCIPAL', 'HOST', 'OPERATION', 'RESOURCE', 'PATTERN', 'NAME'];

function addResources(command: Command): Command {
  return command
    .option('--topic <name>', 'a topic, or "*"; may be repeated, as the others', collect)
    .option('--group <id>', 'a consumer group', collect)
    .option('--transactional-id <id>', 'a transactional id', collect)
    .option('--delegation-token <id>', 'a delegation token', collect)
    .option('--user-principal <principal>', 'a user as the resource, as in tokens for others', collect)
    .option('--cluster', 'the cluster');
}

function addParties(command: Command): Command {
  return command
    .option('--allow-principal <principal>', 'who may, e.g. User:alice', collect)
    .option('--deny-principal <principal>', 'who may not', collect)
    .option('--allow-host <address>', 'from where they may; without it from everywhere', collect)
    .option('--deny-host <address>', 'from where they may not; without it from nowhere', collect)
    .option('--operation <name>', 'read, write, describe, …; without it all', collect)
    .option('--producer', 'what a producer needs of --topic, and of --transactional-id')
    .option('--consumer', 'what a consumer needs of --topic and --group')
    .option('--idempotent', 'with --producer: writing idempotently in the cluster (clients before 3.0)');
}

export function define(acl: Command): void {
  const listing = addResources(acl.command('list').description('list access rules'))
    .option('--principal <principal>', 'only rules of this principal', collect)
    .option('--resource-pattern-type <type>', 'any, match, literal or prefixed', 'any')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ polylog acl list
  $ polylog acl list --topic orders --resource-pattern-type match`,
    );
  addClientFlags(listing).action(list);
  const adding = addParties(addResources(acl.command('add').description('add access rules')))
    .option('--resource-pattern-type <type>', 'literal or prefixed', 'literal')
    .addHelpText(
      'after',
      `
Examples:
  $ polylog acl add --allow-principal User:alice --producer --topic orders
  $ polylog acl add --allow-principal User:bob --consumer --topic orders --group billing
  $ polylog acl add --deny-principal User:eve --deny-host 192.0.2.7 --operation read --topic '*'`,
    );
  addClientFlags(adding).action(add);
  const removing = addParties(addResources(acl.command('remove').description('remove access rules')))
    .option('--resource-pattern-type <type>', 'literal, prefixed, any or match', 'literal')
    .option('-y, --yes', "don't ask; needed where there is no terminal")
    .addHelpText(
      'after',
      `
What isn't named is any: without principals and operations, all rules of the resources go.

Examples:
  $ polylog acl remove --allow-principal User:alice --topic orders
  $ polylog acl remove --topic orders --yes`,
    );
  addClientFlags(removing).action(remove);
}

function sorted(rules: readonly CliAcl[]): string[][] {
  const rows = [...new Map(rules.map((rule) => [JSON.stringify(aclCells(rule)), aclCells(rule)])).values()];
  const key = (row: string[]): string => [...row.slice(4), ...row.slice(0, 4)].join('\0');
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function list(
  flags: Flags & { readonly principal?: readonly string[]; readonly json?: true },
): Promise<void> {
  const output = new Output();
  const filters = listingOf(flags);
  await withClient(flags, async (client) => {
    const rules: CliAcl[] = [];
    for (const filter of filters) rules.push(...(await client.listAcls(filter)));
    const rows = sorted(rules);
    if (flags.json === true) {
      for (const row of rows) {
        const entries = row.map((cell, i) => [COLUMNS[i]!.toLowerCase(), cell]);
        await output.write(`${JSON.stringify(Object.fromEntries(entries))}\n`);
      }
    } else if (rows.length === 0) {
      await output.write('there are no such rules; add some with `polylog acl add`\n');
    } else await output.write(formatTable(COLUMNS, rows, heading));
  });
}

async function add(flags: Flags): Promise<void> {
  const output = new Output();
  const rules = rulesOf(flags);
  await withClient(flags, async (client) => {
    const failures = (await client.createAcls(rules)).filter((failure) => failure !== undefined);
    const [first] = failures;
    if (first !== undefined) {
      const added = rules.length - failures.length;
      if (added > 0) await output.write(`added ${plural(added, 'rule')}\n`);
      throw first;
    }
    await output.write(`added ${plural(rules.length, 'rule')}\n`);
    await output.write(formatTable(COLUMNS, sorted(rules), heading));
  });
}

async function remove(flags: Flags & { readonly yes?: true }): Promise<void> {
  const output = new Output();
  const filters = removalsOf(flags);
  if (flags.yes !== true && !(process.stdin.isTTY && process.stderr.isTTY)) {
    throw usageError('there is no terminal to ask on: add --yes to remove without a question');
  }
  await withClient(flags, async (client) => {
    if (flags.yes !== true) {
      const rules: CliAcl[] = [];
      for (const filter of filters) rules.push(...(await client.listAcls(filter)));
      const rows = sorted(rules);
      if (rows.length === 0) throw new CliError('there are no such rules: see `polylog acl list`');
      await output.write(formatTable(COLUMNS, rows, heading));
      if (!(await confirm(`Remove ${plural(rows.length, 'rule')}?`)))
        throw new CliError('nothing was removed');
    }
    const rows = sorted(await client.deleteAcls(filters));
    if (rows.length === 0) throw new CliError('there are no such rules: see `polylog acl list`');
    await output.write(`removed ${plural(rows.length, 'rule')}\n`);
    await output.write(formatTable(COLUMNS, rows, heading));
  });
}
