// `polylog topic list`.

import type { Command } from 'commander';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable, formatTopicId } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
  readonly internal?: true;
}

export function defineTopicList(topic: Command): void {
  const command = topic
    .command('list')
    .description('list the topics')
    .option('--internal', "list the broker's own topics too")
    .option('--json', 'one JSON object a line: name, id, internal, partitions')
    .addHelpText(
      'after',
      `
Examples:
  $ polylog topic list
  $ polylog topic list --json | jq -r .name`,
    );
  addClientFlags(command).action(list);
}

async function list(flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const topics = (await client.topics(null))
      .filter((topic) => flags.internal === true || !topic.internal)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (flags.json === true) {
      for (const { name, id, internal, partitions } of topics) {
        await output.write(
          `${JSON.stringify({ name, id: formatTopicId(id), internal, partitions: partitions.length })}\n`,
        );
      }
      return;
    }
    if (topics.length === 0) {
      await output.write('there are no topics; make one with `polylog topic create NAME`\n');
      return;
    }
    const rows = topics.map(({ name, partitions }) => [name, partitions.length]);
    await output.write(formatTable(['TOPIC', 'PARTITIONS'], rows, heading));
  });
}
