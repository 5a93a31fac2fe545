// `polylog queue peek`: messages as a subscription has them, without touching them.

import type { Command } from 'commander';
import type { PeekedMessage } from '../../broker/admin/answers.ts';
import { addPeekFlags, eachPeeked, type PeekFlags } from '../peeks.ts';
import { printedText } from '../queue-words.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';
import { formatTime } from '../text.ts';

interface Flags extends ClientFlags, PeekFlags {
  readonly json?: true;
}

export function defineQueuePeek(queue: Command): void {
  const command = queue
    .command('peek')
    .description('show messages that are not done, and what is true of them; nothing changes')
    .argument('<topic>')
    .argument('<subscription>');
  addPeekFlags(command)
    .option('--all', 'those that are done, too')
    .option(
      '--json',
      'one JSON object a line: partition, offset, timestampMs, key, value, headers, state, deliveries',
    )
    .addHelpText(
      'after',
      `
A line is PARTITION:OFFSET, state, deliveries, time, key and value, with tabs between them.

Examples:
  $ polylog queue peek orders billing
  $ polylog queue peek orders billing --partition 0 --offset 1042 --count 1 --json`,
    );
  addClientFlags(command).action(peek);
}

async function peek(topic: string, subscription: string, flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const fields = { topic, subscription };
    for await (const message of eachPeeked(client, { command: 'queue.peek', fields, flags })) {
      await output.write(flags.json === true ? `${JSON.stringify(message)}\n` : format(message));
    }
  });
}

function format({ partition, offset, state, deliveries, timestampMs, key, value }: PeekedMessage): string {
  const cells = [`${partition}:${offset}`, state, deliveries, formatTime(timestampMs)];
  return `${[...cells, printedText(key), printedText(value)].join('\t')}\n`;
}
