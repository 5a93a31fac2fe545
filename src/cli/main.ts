#!/usr/bin/env node
// The command `polylog`. Only commander is loaded at once; what the command that was named needs is loaded next, so that
// `polylog start` pays nothing for the Kafka client library or the commands that use it.

import { Command, CommanderError } from 'commander';
import { CliError, EXIT } from './errors.ts';
import { VERSION } from './version.ts';

interface CommandModule {
  /** Adds options, subcommands and the action to the bare command. */
  define(command: Command): void;
}

interface Entry {
  readonly summary: string;
  load(): Promise<CommandModule>;
}

/** In the order of the help text. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  start: { summary: 'run a broker', load: async () => (await import('./broker-commands.ts')).start },
  topic: {
    summary: 'create, list, describe, alter and delete topics',
    load: () => import('./commands/topic.ts'),
  },
  produce: {
    summary: 'write records from arguments or standard input',
    load: () => import('./commands/produce.ts'),
  },
  consume: { summary: 'print the records of a topic', load: () => import('./commands/consume.ts') },
  group: {
    summary: 'list, describe, alter, reset and delete consumer groups',
    load: () => import('./commands/group.ts'),
  },
  publish: {
    summary: 'write messages with a delay, a time to live, a tag, a priority or an id',
    load: () => import('./commands/publish.ts'),
  },
  queue: {
    summary: 'look at subscriptions, change them, and say why a message is stuck',
    load: () => import('./commands/queue.ts'),
  },
  dlq: { summary: 'look at dead letters, and put them back', load: () => import('./commands/dlq.ts') },
  schedule: {
    summary: 'list, cancel and move messages that are not due yet',
    load: () => import('./commands/schedule.ts'),
  },
  txn: {
    summary: 'list half messages, whose senders have not said what becomes of them, resume and drop them',
    load: () => import('./commands/txn.ts'),
  },
  acl: { summary: 'list, add and remove access rules', load: () => import('./commands/acl.ts') },
  user: {
    summary: 'list, add and remove users, and change their passwords',
    load: () => import('./commands/user.ts'),
  },
  quota: { summary: 'list, set and remove quotas of clients', load: () => import('./commands/quota.ts') },
  config: {
    summary: "print the broker's settings, with their values and where they come from",
    load: async () => (await import('./broker-commands.ts')).config,
  },
  log: {
    summary: "check and print a stopped broker's log",
    load: async () => (await import('./broker-commands.ts')).log,
  },
  bench: { summary: 'measure producing, consuming and latency', load: () => import('./commands/bench.ts') },
};

const HELP = `
Exit codes:
  0  done    1  failed    2  wrong usage    3  no broker could be reached

Examples:
  $ polylog start
  $ polylog topic create orders --partitions 3
  $ polylog produce orders "first order" "second order"
  $ polylog consume orders --from-beginning --count 2
  $ polylog help consume

The broker is asked at 127.0.0.1:9092 unless --bootstrap or POLYLOG_BOOTSTRAP says otherwise.`;

/** The command that the arguments name, if any: the first word, or the word after `help`. */
function namedCommand(words: readonly string[]): string | undefined {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
}

async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('polylog')
    .description('A message broker: one durable log, every queue protocol')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', HELP)
    .showHelpAfterError('(see `polylog --help`)')
    .exitOverride();
  const named = namedCommand(words);
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(entry.summary);
    if (name === named) (await entry.load()).define(command);
  }
  return program;
}

async function main(words: readonly string[]): Promise<void> {
  try {
    const program = await buildProgram(words);
    if (words.length === 0) {
      process.stdout.write(`${program.helpInformation()}${HELP}\n`);
      return;
    }
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    process.exitCode = tell(error);
  }
}

/** Prints what went wrong and gives the exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has printed its own sentence, or the help that was asked for.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof CliError) {
    process.stderr.write(`polylog: ${error.message}\n`);
    return error.exitCode;
  }
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`polylog: this is a defect, please report it\n${told}\n`);
  return EXIT.failed;
}

// Help that goes to a pager or to `head`, which has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

await main(process.argv.slice(2));
