// What commands that set and remove settings have in common.

import type { Command } from 'commander';
import { collect, parsePair } from './arguments.ts';
import type { Output } from './terminal.ts';

export interface ConfigFlags {
  readonly config?: string[];
  readonly deleteConfig?: string[];
}

export interface ConfigChanges {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
}

export function addConfigFlags(command: Command): Command {
  return command
    .option('-c, --config <name=value>', 'set a setting; may be repeated', collect)
    .option('-d, --delete-config <name>', 'go back to the default of a setting; may be repeated', collect);
}

/** Null: there is none. */
export function configChanges({ config = [], deleteConfig = [] }: ConfigFlags): ConfigChanges | null {
  if (config.length + deleteConfig.length === 0) return null;
  return { set: config.map((one) => parsePair(one, '--config')), remove: deleteConfig };
}

/** Says what has been changed of `resource`. */
export async function tellChanges(
  output: Output,
  resource: string,
  { set, remove }: ConfigChanges,
): Promise<void> {
  for (const [name, value] of set) await output.write(`${resource}: ${name}=${value}\n`);
  for (const name of remove) await output.write(`${resource}: ${name} is the default again\n`);
}
