// `polylog schedule list`.

import type { Command } from 'commander';
import type { DelayedMessages } from '../../broker/admin/answers.ts';
import { pages } from '../admin.ts';
import { parseInteger } from '../arguments.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, note, Output } from '../terminal.ts';
import { formatAge, formatTable, formatTime } from '../text.ts';

interface Flags extends ClientFlags {
  readonly topic?: string;
  readonly count: string;
  readonly json?: true;
}

export function defineScheduleList(schedule: Command): void {
  const command = schedule
    .command('list')
    .description('list messages that are not due yet, the next ones first')
    .option('-t, --topic <topic>', 'only those of this topic')
    .option('-n, --count <n>', 'how many at most', '100')
    .option('--json', 'one JSON object a line: handle, topic, partition, dueMs, timestampMs, bytes')
    .addHelpText(
      'after',
      `
Of those that are due soon the order is exact; of those that are due later it goes by spans of time, and within a span by when they
came.

Examples:
  $ polylog schedule list --topic orders
  $ polylog schedule list --count 10000 --json | jq -r .handle`,
    );
  addClientFlags(command).action(list);
}

async function list(flags: Flags): Promise<void> {
  const count = parseInteger(flags.count, { name: '--count', min: 1 });
  const output = new Output();
  await withClient(flags, async (client) => {
    let left = count;
    let isMore = false;
    const all = pages<DelayedMessages>(client, 'schedule.list', {
      fields: { max: Math.min(count, 1000), ...(flags.topic === undefined ? {} : { topic: flags.topic }) },
      next: ({ next }) => (next === null || left === 0 ? null : { after: next }),
    });
    const rows: (string | number)[][] = [];
    const nowMs = Date.now();
    for await (const { messages, next } of all) {
      isMore = next !== null || messages.length > left;
      for (const one of messages.slice(0, left)) {
        left--;
        if (flags.json === true) await output.write(`${JSON.stringify(one)}\n`);
        else
          rows.push([
            one.handle,
            formatTime(one.dueMs),
            formatAge(one.dueMs - nowMs),
            one.topic,
            one.partition,
            one.bytes,
          ]);
      }
    }
    if (flags.json === true) return;
    if (rows.length === 0) return output.write('no messages wait for their time\n');
    await output.write(formatTable(['HANDLE', 'DUE', 'IN', 'TOPIC', 'PARTITION', 'BYTES'], rows, heading));
    if (isMore) note(`there are more: --count shows more than ${count}`);
  });
}
