// `polylog user`: list, add, password, remove. Users log in with SCRAM, and with PLAIN where a listener has it.

import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { nodeCrypto } from '../../platform/node/crypto.ts';
import { parseInteger } from '../arguments.ts';
import type { Client, UserInfo } from '../client.ts';
import { CliError, usageError } from '../errors.ts';
import { BrokerFailure, CODE } from '../failures.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { confirm, heading, Output, readSecret } from '../terminal.ts';
import { formatTable } from '../text.ts';

const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
type Mechanism = (typeof MECHANISMS)[number];

/** Kafka's bounds; more cost a guesser more, and the broker at each login by PLAIN. */
const ITERATIONS = { name: '--iterations', min: 4096, max: 16_384 };
const ITERATIONS_DEFAULT = '8192';
const SALT_BYTES = 20;
const PASSWORD_CHARACTERS_MAX = 1024;

interface PasswordFlags extends ClientFlags {
  readonly mechanism: Mechanism | 'both';
  readonly iterations: string;
  readonly passwordFile?: string;
}

interface ListFlags extends ClientFlags {
  readonly json?: true;
}

interface RemoveFlags extends ClientFlags {
  readonly mechanism: Mechanism | 'both';
  readonly yes?: true;
}

const PASSWORD_HELP = `
The password is asked for on a terminal; elsewhere it is the first line of standard input, or of --password-file.`;

function mechanismOption(description: string): Option {
  return new Option('--mechanism <name>', description).choices([...MECHANISMS, 'both']).default('both');
}

function addPasswordFlags(command: Command): Command {
  return addClientFlags(command)
    .addOption(mechanismOption('with which the user logs in'))
    .option('--iterations <count>', 'how often the password is hashed, 4096 to 16384', ITERATIONS_DEFAULT)
    .option('--password-file <file>', 'a file whose first line is the password');
}

export function define(user: Command): void {
  addClientFlags(user.command('list').description('list the users'))
    .option('--json', 'one JSON object a line: user, credentials')
    .action(list);
  addPasswordFlags(user.command('add <name>').description('add a user'))
    .addHelpText(
      'after',
      `${PASSWORD_HELP}

Examples:
  $ polylog user add alice
  $ openssl rand -base64 24 | tee alice.password | polylog user add alice`,
    )
    .action((name: string, flags: PasswordFlags) => setPassword(name, flags, 'add'));
  addPasswordFlags(user.command('password <name>').description("change a user's password"))
    .addHelpText('after', PASSWORD_HELP)
    .action((name: string, flags: PasswordFlags) => setPassword(name, flags, 'change'));
  addClientFlags(user.command('remove <name>').description('remove a user'))
    .addOption(mechanismOption('only what the user logs in with by this one'))
    .option('-y, --yes', "don't ask; needed where there is no terminal")
    .addHelpText('after', '\nConnections that are open stay; the access rules of the user stay too.')
    .action(remove);
}

async function list(flags: ListFlags): Promise<void> {
  const output = new Output();
  const users = await withClient(flags, (client) => client.listUsers());
  users.sort((a, b) => (a.user < b.user ? -1 : 1));
  if (flags.json === true) {
    for (const { user, credentials } of users)
      await output.write(`${JSON.stringify({ user, credentials })}\n`);
    return;
  }
  if (users.length === 0) {
    await output.write('there are no users; one is made by `polylog user add NAME`\n');
    return;
  }
  const rows = users.flatMap(({ user, credentials }) =>
    credentials.map(({ mechanism, iterations }) => [user, mechanism, String(iterations)]),
  );
  await output.write(formatTable(['USER', 'MECHANISM', 'ITERATIONS'], rows, heading));
}

async function setPassword(name: string, flags: PasswordFlags, how: 'add' | 'change'): Promise<void> {
  const iterations = parseInteger(flags.iterations, ITERATIONS);
  if (nodeCrypto.saslPrepare(name) !== name) {
    throw usageError(`"${name}" is no name of a user: clients would write it in different ways`);
  }
  await withClient(flags, async (client) => {
    const known = await find(client, name);
    if (how === 'add' && known !== undefined) {
      throw new CliError(
        `user "${name}" is there already: change the password with \`polylog user password\``,
      );
    }
    if (how === 'change' && known === undefined) throw unknownUser(name);
    const password = await readPassword(flags);
    for (const mechanism of chosen(flags.mechanism)) {
      const salt = randomBytes(SALT_BYTES);
      const [hash, bytes] =
        mechanism === 'SCRAM-SHA-256' ? (['sha256', 32] as const) : (['sha512', 64] as const);
      const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, hash);
      await client.putUser({ user: name, mechanism, iterations, salt, saltedPassword });
    }
  });
  process.stdout.write(how === 'add' ? `added user ${name}\n` : `changed the password of user ${name}\n`);
}

async function remove(name: string, flags: RemoveFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const known = await find(client, name);
    const wanted = chosen(flags.mechanism);
    const there = known?.credentials.filter(({ mechanism }) => wanted.includes(mechanism as Mechanism)) ?? [];
    if (there.length === 0) throw unknownUser(name);
    if (flags.yes !== true) {
      if (process.stdin.isTTY !== true) throw usageError('there is no terminal to ask on: add --yes');
      if (!(await confirm(`remove user ${name}?`))) throw new CliError('nothing was removed');
    }
    for (const { mechanism } of there) await client.removeUser(name, mechanism as Mechanism);
  });
  process.stdout.write(`removed user ${name}\n`);
}

function chosen(mechanism: Mechanism | 'both'): readonly Mechanism[] {
  return mechanism === 'both' ? MECHANISMS : [mechanism];
}

async function find(client: Client, name: string): Promise<UserInfo | undefined> {
  const [found] = await client.listUsers(name);
  if (found === undefined || found.errorCode === CODE.resourceNotFound) return undefined;
  if (found.errorCode !== 0) throw new BrokerFailure(found.errorCode, found.errorMessage);
  return found;
}

function unknownUser(name: string): CliError {
  return new CliError(`there is no user "${name}": see \`polylog user list\``);
}

async function readPassword({ passwordFile }: PasswordFlags): Promise<string> {
  const password =
    passwordFile === undefined ? await readSecret('password') : firstLine(readFile(passwordFile));
  if (password === '' || password.length > PASSWORD_CHARACTERS_MAX) {
    throw usageError(`a password has 1 to ${PASSWORD_CHARACTERS_MAX} characters`);
  }
  // Kafka's clients hash a password as it was typed, others as SASLprep makes it: it must be the same.
  if (nodeCrypto.saslPrepare(password) !== password) {
    throw usageError('this password has characters that clients write in different ways: choose another');
  }
  return password;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`the password can't be read: ${(error as Error).message}`);
  }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
