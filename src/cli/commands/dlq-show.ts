// `polylog dlq show`: dead letters with what they say of their death.

import type { Command } from 'commander';
import type { PeekedMessage } from '../../broker/admin/answers.ts';
import { WELL_KNOWN_HEADERS as HEADER } from '../../record/well-known-headers.ts';
import { addPeekFlags, eachPeeked, type PeekFlags } from '../peeks.ts';
import { printedText } from '../queue-words.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTime, plural } from '../text.ts';

interface Flags extends ClientFlags, PeekFlags {
  readonly json?: true;
}

export function defineDlqShow(dlq: Command): void {
  const command = dlq
    .command('show')
    .description('show dead letters: where they come from, and why they died')
    .argument('<topic>');
  addPeekFlags(command)
    .option('--all', 'those that were put back, too')
    .option('--json', 'one JSON object a line: partition, offset, timestampMs, key, value, headers, state')
    .addHelpText(
      'after',
      `
Nothing is changed by it.

Examples:
  $ polylog dlq show orders-dead
  $ polylog dlq show orders-dead --count 100 --json | jq -r '.headers[] | select(.name == "dlq-reason").text'`,
    );
  addClientFlags(command).action(show);
}

async function show(topic: string, flags: Flags): Promise<void> {
  const output = new Output();
  let shown = 0;
  await withClient(flags, async (client) => {
    for await (const letter of eachPeeked(client, { command: 'dlq.show', fields: { topic }, flags })) {
      if (flags.json === true) await output.write(`${JSON.stringify(letter)}\n`);
      else await output.write(`${shown === 0 ? '' : '\n'}${format(letter)}`);
      shown++;
    }
    if (shown === 0 && flags.json !== true) await output.write(`${topic} has no dead letters to put back\n`);
  });
}

function format(letter: PeekedMessage): string {
  const { partition, offset, state, timestampMs, key, value, headers } = letter;
  const told = (name: string): string | undefined => headers.findLast((header) => header.name === name)?.text;
  const from = told(HEADER.dlqTopic);
  const lines = [
    `${heading(`${partition}:${offset}`)}  ${state === 'done' ? 'put back' : formatTime(timestampMs)}`,
  ];
  if (from !== undefined) {
    const place = `${from} ${told(HEADER.dlqPartition)}:${told(HEADER.dlqOffset)}`;
    const deliveries = Number(told(HEADER.dlqDeliveries) ?? 0);
    lines.push(`  from    ${place}, for ${told(HEADER.dlqSubscription)}`);
    lines.push(`  reason  ${told(HEADER.dlqReason)}, after ${plural(deliveries, 'delivery', 'deliveries')}`);
  }
  const own = headers.filter(({ name }) => !name.startsWith('dlq-'));
  if (own.length > 0) {
    lines.push(`  headers ${own.map((header) => `${header.name}=${printedText(header)}`).join(' ')}`);
  }
  if (key !== null) lines.push(`  key     ${printedText(key)}`);
  lines.push(`  value   ${printedText(value)}`);
  return `${lines.join('\n')}\n`;
}
