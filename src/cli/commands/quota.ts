// `polylog quota`: list, set, remove. Keys as kafka-configs has them.

import type { Command } from 'commander';
import { parseBytes, parsePair } from '../arguments.ts';
import { CliError, usageError } from '../errors.ts';
import type { QuotaEntity, QuotaEntityType } from '../quota-words.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable } from '../text.ts';

interface EntityFlags extends ClientFlags {
  readonly user?: string;
  readonly userDefault?: true;
  readonly clientId?: string;
  readonly clientIdDefault?: true;
  readonly ip?: string;
  readonly ipDefault?: true;
}

interface ListFlags extends EntityFlags {
  readonly json?: true;
}

const KEYS: Readonly<Record<string, string>> = {
  producer_byte_rate: 'bytes a second that a client may produce',
  consumer_byte_rate: 'bytes a second that a client may fetch',
  request_percentage: 'percent of the event loop that its requests may take',
  controller_mutation_rate: 'partitions a second that it may create and delete',
  connection_creation_rate: 'connections a second from an address (--ip, --ip-default)',
};

const KEYS_HELP = `
Quotas:
${Object.entries(KEYS)
  .map(([key, what]) => `  ${key.padEnd(26)}${what}`)
  .join('\n')}`;

function addEntity(command: Command): Command {
  return command
    .option('--user <name>', 'a user; ANONYMOUS where nobody shows who they are')
    .option('--user-default', 'every user without a quota of its own')
    .option('--client-id <id>', 'a client id')
    .option('--client-id-default', 'every client id without a quota of its own')
    .option('--ip <address>', 'an address')
    .option('--ip-default', 'every address without a quota of its own');
}

export function define(quota: Command): void {
  const listing = addEntity(quota.command('list').description('list quotas'))
    .option('--json', 'one JSON object a line: entity and quotas')
    .addHelpText('after', '\nExamples:\n  $ polylog quota list\n  $ polylog quota list --user alice --json');
  addClientFlags(listing).action(list);
  const setting = addEntity(
    quota.command('set').description('set quotas of a user, a client id or both, or an address'),
  )
    .argument('<key=value...>')
    .addHelpText(
      'after',
      `${KEYS_HELP}

Examples:
  $ polylog quota set --user alice producer_byte_rate=1MiB consumer_byte_rate=2MiB
  $ polylog quota set --user-default --client-id-default request_percentage=25
  $ polylog quota set --ip 192.0.2.7 connection_creation_rate=10`,
    );
  addClientFlags(setting).action(set);
  const removing = addEntity(quota.command('remove').description('remove quotas; without a key all of them'))
    .argument('[key...]')
    .addHelpText(
      'after',
      `${KEYS_HELP}

Examples:
  $ polylog quota remove --user alice producer_byte_rate
  $ polylog quota remove --client-id-default`,
    );
  addClientFlags(removing).action(remove);
}

/** The parts that were named; null: the default of a type. */
function entityOf(flags: EntityFlags): QuotaEntity {
  const named: [QuotaEntityType, string, string | undefined, true | undefined][] = [
    ['user', '--user', flags.user, flags.userDefault],
    ['client-id', '--client-id', flags.clientId, flags.clientIdDefault],
    ['ip', '--ip', flags.ip, flags.ipDefault],
  ];
  return named.flatMap(([type, flag, name, isDefault]) => {
    if (name !== undefined && isDefault) throw usageError(`give ${flag} or ${flag}-default, not both`);
    if (name === undefined && !isDefault) return [];
    return [{ type, name: name ?? null }];
  });
}

function requireEntity(flags: EntityFlags): QuotaEntity {
  const entity = entityOf(flags);
  if (entity.length > 0) return entity;
  throw usageError(
    'say whose quota: --user, --client-id or --ip, or the default of one, e.g. --user-default',
  );
}

function requireKey(key: string): string {
  if (key in KEYS) return key;
  throw usageError(`"${key}" is no quota: write ${Object.keys(KEYS).join(', ')}`);
}

function words(entity: QuotaEntity): string {
  return entity.map(({ type, name }) => `${type} ${name ?? '(default)'}`).join(', ');
}

function parseValue(pair: string): readonly [key: string, value: number] {
  const [name, text] = parsePair(pair, 'a quota');
  const key = requireKey(name);
  const value = key.endsWith('_byte_rate') ? parseBytes(text, key) : Number(text);
  if (text !== '' && value > 0 && Number.isFinite(value)) return [key, value];
  throw usageError(`${key} "${text}" must be a number above 0`);
}

async function list(flags: ListFlags): Promise<void> {
  const entity = entityOf(flags);
  const output = new Output();
  await withClient(flags, async (client) => {
    const quotas = (await client.listQuotas(entity)).map(({ entity: of, values }) => ({ of, values }));
    if (flags.json === true) {
      for (const { of, values } of quotas) {
        const named = Object.fromEntries(of.map(({ type, name }) => [type, name]));
        await output.write(`${JSON.stringify({ entity: named, quotas: Object.fromEntries(values) })}\n`);
      }
      return;
    }
    if (quotas.length === 0) {
      await output.write('there are no such quotas; set one with `polylog quota set`\n');
      return;
    }
    const rows = quotas
      .flatMap(({ of, values }) => values.map(([key, value]) => [words(of), key, value] as const))
      .sort((a, b) => (`${a[0]}\0${a[1]}` < `${b[0]}\0${b[1]}` ? -1 : 1));
    await output.write(
      formatTable(
        ['WHOSE', 'QUOTA', 'VALUE'],
        rows.map((row) => [...row]),
        heading,
      ),
    );
  });
}

async function set(pairs: string[], flags: EntityFlags): Promise<void> {
  const entity = requireEntity(flags);
  const values = pairs.map(parseValue);
  const output = new Output();
  await withClient(flags, async (client) => {
    await client.alterQuotas(entity, values);
    for (const [key, value] of values) await output.write(`${words(entity)}: ${key}=${value}\n`);
  });
}

async function remove(keys: string[], flags: EntityFlags): Promise<void> {
  const entity = requireEntity(flags);
  const wanted = keys.map(requireKey);
  const output = new Output();
  await withClient(flags, async (client) => {
    const [found] = await client.listQuotas(entity, true);
    const present = (found?.values ?? []).map(([key]) => key);
    const gone = wanted.length === 0 ? present : wanted.filter((key) => present.includes(key));
    if (gone.length === 0) throw new CliError(`${words(entity)} has no such quota`);
    await client.alterQuotas(
      entity,
      gone.map((key) => [key, null] as const),
    );
    for (const key of gone) await output.write(`${words(entity)}: ${key} removed\n`);
  });
}
