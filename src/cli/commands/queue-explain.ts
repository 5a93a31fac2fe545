// `polylog queue explain`: where a message is, who has it, and what it waits for.

import type { Command } from 'commander';
import type { ExplainedMessage } from '../../broker/admin/answers.ts';
import { ask } from '../admin.ts';
import { parsePlace } from '../arguments.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatAge, formatFacts, formatTime } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
}

export function defineQueueExplain(queue: Command): void {
  const command = queue
    .command('explain')
    .description('say of messages where they are, who has them, and what they wait for')
    .argument('<topic>')
    .argument('<subscription>')
    .argument('<partition:offset...>')
    .option(
      '--json',
      'one JSON object a line: state, deliveries, consumer, sinceMs, untilMs, behindOffset, because, …',
    )
    .addHelpText(
      'after',
      `
Nothing is changed by it. docs/operating/queues.md says of each reason what to do.

Examples:
  $ polylog queue explain orders billing 0:1042
  $ polylog queue explain orders billing 0:1042 --json | jq -r '.because[]'`,
    );
  addClientFlags(command).action(explain);
}

async function explain(topic: string, subscription: string, places: string[], flags: Flags): Promise<void> {
  const wanted = places.map(parsePlace);
  const output = new Output();
  await withClient(flags, async (client) => {
    for (const [index, place] of wanted.entries()) {
      const fields = { topic, subscription, ...place };
      const message = await ask<ExplainedMessage>(client, 'queue.explain', fields);
      const text = flags.json === true ? `${JSON.stringify(message)}\n` : format(message, Date.now());
      await output.write(index > 0 && flags.json !== true ? `\n${text}` : text);
    }
  });
}

function format(message: ExplainedMessage, nowMs: number): string {
  const { consumer, sinceMs, untilMs, timestampMs } = message;
  const lines: [string, string][] = [
    ['message', `${message.topic} ${message.partition}:${message.offset}, for ${message.subscription}`],
    ['state', message.state],
    ['deliveries', String(message.deliveries)],
  ];
  if (timestampMs !== null) {
    lines.push(['published', `${formatTime(timestampMs)}, ${formatAge(nowMs - timestampMs)} ago`]);
  }
  if (consumer !== null)
    lines.push(['consumer', `${consumer}, for ${formatAge(nowMs - (sinceMs ?? nowMs))}`]);
  if (untilMs !== null) lines.push(['until', `${formatTime(untilMs)}, in ${formatAge(untilMs - nowMs)}`]);
  return `${formatFacts(lines, heading)}${message.because.map((sentence) => `  ${sentence}\n`).join('')}`;
}
