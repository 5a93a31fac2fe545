// `polylog txn resume` and `polylog txn drop`.

import type { Command } from 'commander';
import { ask } from '../admin.ts';
import { agreed } from '../confirmation.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';

interface DropFlags extends ClientFlags {
  readonly yes?: true;
}

export function defineTxnEnd(txn: Command): void {
  const resume = txn
    .command('resume')
    .description('ask the senders of half messages again, from the first check on')
    .argument('<topic>')
    .argument('<transactions...>', 'as `polylog txn list` prints them')
    .addHelpText('after', '\nExample:\n  $ polylog txn resume orders TRANSACTION');
  addClientFlags(resume).action((topic: string, transactions: string[], flags: ClientFlags) =>
    end('txn.resume', { topic, transactions, flags, word: 'resumed' }),
  );
  const drop = txn
    .command('drop')
    .description('have half messages never delivered')
    .argument('<topic>')
    .argument('<transactions...>')
    .option('-y, --yes', "don't ask; needed where there is no terminal")
    .addHelpText('after', '\nExample:\n  $ polylog txn drop orders TRANSACTION --yes');
  addClientFlags(drop).action(async (topic: string, transactions: string[], flags: DropFlags) => {
    await agreed(flags, `drop the half messages of ${transactions.join(', ')}?`);
    await end('txn.drop', { topic, transactions, flags, word: 'dropped' });
  });
}

async function end(
  command: string,
  {
    topic,
    transactions,
    flags,
    word,
  }: {
    readonly topic: string;
    readonly transactions: readonly string[];
    readonly flags: ClientFlags;
    readonly word: string;
  },
): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    for (const transaction of transactions) {
      await ask(client, command, { topic, transaction });
      await output.write(`${word} ${transaction}\n`);
    }
  });
}
