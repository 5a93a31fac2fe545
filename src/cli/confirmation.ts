// Asks before something is done that can't be taken back.

import { CliError, usageError } from './errors.ts';
import { confirm } from './terminal.ts';

/** Returns where --yes is given or the question was answered with yes. */
export async function agreed({ yes }: { readonly yes?: true }, question: string): Promise<void> {
  if (yes === true) return;
  if (!(process.stdin.isTTY && process.stderr.isTTY)) {
    throw usageError('there is no terminal to ask on: add --yes to do it without a question');
  }
  if (!(await confirm(question))) throw new CliError('nothing was done');
}
