// The flags of the broker's settings, for `polylog start` and `polylog config`, and the settings that they, the file and
// the environment amount to.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { BrokerError } from '../base/errors.ts';
import { type BrokerConfig, type FlagValue, loadBrokerConfig } from '../server/config.ts';
import { collect, parsePair } from './arguments.ts';
import { CliError, usageError } from './errors.ts';

export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string[];
  readonly advertise?: string[];
  readonly log?: string;
  readonly set?: string[];
}

/** Adds --data, --listen, --advertise, --log, --config and --set. */
export function addConfigFlags(command: Command): Command {
  return command
    .option('--data <dir>', 'the directory of the data (setting log.dirs; default: ./data)')
    .option(
      '--listen <address>',
      'where to listen, kafka://HOST:PORT, may be given several times; port 0 picks a free one (setting listeners)',
      collect,
    )
    .option(
      '--advertise <address>',
      'what clients are told to connect to, kafka://HOST:PORT (setting advertised.listeners)',
      collect,
    )
    .option('--log <format>', 'how messages are logged: auto, text or json (setting polylog.log.format)')
    .option('--config <file>', 'a file of settings, .properties or .json (environment: POLYLOG_CONFIG)')
    .option('--set <name=value>', 'a setting, may be given several times; see `polylog config`', collect);
}

/** Reads and checks everything; a problem is a usage error with a line for each. */
export function readBrokerConfig(flags: ConfigFlags, environment = process.env): BrokerConfig {
  const path = flags.config ?? (environment.POLYLOG_CONFIG || undefined);
  const file = path === undefined ? null : { path, text: readFile(path) };
  const config = loadBrokerConfig({ file, environment, flags: flagValues(flags) });
  if (config instanceof BrokerError) throw usageError(config.message);
  return config;
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'that is a directory; name the file in it',
  EACCES: 'this user may not read it',
};

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new CliError(`the settings of ${path} can't be read: ${UNREADABLE[code] ?? message}`);
  }
}

/** --set comes first, so that a flag of its own wins. */
function flagValues(flags: ConfigFlags): FlagValue[] {
  const values: FlagValue[] = (flags.set ?? []).map((pair) => {
    const [name, value] = parsePair(pair, '--set');
    return { name: name.trim(), value, flag: '--set' };
  });
  const add = (name: string, flag: string, value: string | undefined): void => {
    if (value !== undefined) values.push({ name, value, flag });
  };
  add('log.dirs', '--data', flags.data);
  add('listeners', '--listen', flags.listen?.join(','));
  add('advertised.listeners', '--advertise', flags.advertise?.join(','));
  add('polylog.log.format', '--log', flags.log);
  return values;
}
