// `polylog dlq list`.

import type { Command } from 'commander';
import type { DeadLetterTopic, DeadLetterTopics } from '../../broker/admin/answers.ts';
import { pages } from '../admin.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
}

export function defineDlqList(dlq: Command): void {
  const command = dlq
    .command('list')
    .description('list topics of dead letters, and the subscriptions whose letters go there')
    .option('--json', 'one JSON object a line: topic, letters, sources')
    .addHelpText(
      'after',
      `
LETTERS are those that were not put back; "-": the topic is made with the first letter.

Examples:
  $ polylog dlq list
  $ polylog dlq list --json | jq 'select(.letters > 0)'`,
    );
  addClientFlags(command).action(list);
}

async function list(flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const all = pages<DeadLetterTopics>(client, 'dlq.list', {
      fields: {},
      next: ({ next }) => (next === null ? null : { after: next }),
    });
    const topics: DeadLetterTopic[] = [];
    for await (const page of all) topics.push(...page.topics);
    if (flags.json === true) {
      for (const topic of topics) await output.write(`${JSON.stringify(topic)}\n`);
      return;
    }
    if (topics.length === 0) {
      await output.write('no subscription has a topic for dead letters; `polylog queue set` gives it one\n');
      return;
    }
    const rows = topics.map(({ topic, letters, sources }) => [
      topic,
      letters ?? '-',
      sources.map((source) => `${source.topic}/${source.subscription}`).join(' ') || '(none)',
    ]);
    await output.write(formatTable(['TOPIC', 'LETTERS', 'OF'], rows, heading));
  });
}
