// `polylog txn list`.

import type { Command } from 'commander';
import type { HalfMessages } from '../../broker/admin/answers.ts';
import { pages } from '../admin.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatAge, formatTable } from '../text.ts';

interface Flags extends ClientFlags {
  readonly topic?: string;
  readonly aside?: true;
  readonly json?: true;
}

export function defineTxnList(txn: Command): void {
  const command = txn
    .command('list')
    .description('list half messages: stored, and delivered when their senders say so')
    .option('-t, --topic <topic>', 'only those of this topic')
    .option('--aside', 'only those that are set aside: their senders were asked, and have not answered')
    .option(
      '--json',
      'one JSON object a line: transaction, topic, partition, producerGroup, preparedAtMs, checks, nextCheckAtMs',
    )
    .addHelpText(
      'after',
      `
These are transactions of RocketMQ's kind; those of Kafka's producers are seen with Kafka's own tools (kafka-transactions).

Examples:
  $ polylog txn list
  $ polylog txn list --aside --json | jq -r .transaction`,
    );
  addClientFlags(command).action(list);
}

async function list(flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const all = pages<HalfMessages>(client, 'txn.list', {
      fields: {
        ...(flags.topic === undefined ? {} : { topic: flags.topic }),
        ...(flags.aside === true ? { aside: true } : {}),
      },
      next: ({ next }) => (next === null ? null : { after: next }),
    });
    const nowMs = Date.now();
    const rows: (string | number)[][] = [];
    for await (const { messages } of all) {
      for (const one of messages) {
        if (flags.json === true) await output.write(`${JSON.stringify(one)}\n`);
        const next = one.nextCheckAtMs === null ? 'set aside' : `in ${formatAge(one.nextCheckAtMs - nowMs)}`;
        const age = formatAge(nowMs - one.preparedAtMs);
        rows.push([one.transaction, one.topic, one.partition, one.producerGroup, age, one.checks, next]);
      }
    }
    if (flags.json === true) return;
    if (rows.length === 0) return output.write('no half messages wait for their senders\n');
    const headings = ['TRANSACTION', 'TOPIC', 'PARTITION', 'SENDER', 'AGE', 'CHECKS', 'NEXT'];
    await output.write(formatTable(headings, rows, heading));
  });
}
