// `polylog queue list`.

import type { Command } from 'commander';
import type { QueueList, QueueSummary } from '../../broker/admin/answers.ts';
import { pages } from '../admin.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable } from '../text.ts';

interface Flags extends ClientFlags {
  readonly topic?: string;
  readonly json?: true;
}

export function defineQueueList(queue: Command): void {
  const command = queue
    .command('list')
    .description('list subscriptions with what they have to do')
    .option('-t, --topic <topic>', 'only those of this topic')
    .option('--json', 'one JSON object a line: topic, subscription, order, paused, available, acquired, …')
    .addHelpText(
      'after',
      `
AVAILABLE messages can be handed out now, ACQUIRED ones are with consumers, WAITING ones come again later, BLOCKED ones stand behind
another of their key, DEAD ones are on their way to the dead letters.

Examples:
  $ polylog queue list
  $ polylog queue list --topic orders --json | jq .available`,
    );
  addClientFlags(command).action(list);
}

async function list(flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const all = pages<QueueList>(client, 'queue.list', {
      fields: { ...(flags.topic === undefined ? {} : { topic: flags.topic }) },
      next: ({ next }) => (next === null ? null : { after: next }),
    });
    const rows: ReturnType<typeof row>[] = [];
    for await (const { subscriptions } of all) {
      if (flags.json === true)
        for (const one of subscriptions) await output.write(`${JSON.stringify(one)}\n`);
      else rows.push(...subscriptions.map(row));
    }
    if (flags.json === true) return;
    if (rows.length === 0) return output.write('there are no subscriptions\n');
    const headings = [
      'TOPIC',
      'SUBSCRIPTION',
      'ORDER',
      'AVAILABLE',
      'ACQUIRED',
      'WAITING',
      'BLOCKED',
      'DEAD',
      'CONSUMERS',
      'STATE',
    ];
    await output.write(formatTable(headings, rows, heading));
  });
}

function row(one: QueueSummary) {
  return [
    one.topic,
    one.subscription,
    one.order,
    one.available,
    one.acquired,
    one.waiting,
    one.blocked,
    one.dead,
    one.consumers,
    one.paused ? 'paused' : one.waitingConsumers > 0 ? 'consumers wait' : 'open',
  ];
}
