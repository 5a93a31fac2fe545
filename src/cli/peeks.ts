// What commands share that show messages of a topic without consuming them.

import type { Command } from 'commander';
import type { Peek, PeekedMessage } from '../broker/admin/answers.ts';
import { pages } from './admin.ts';
import { parseBytes, parseInteger } from './arguments.ts';
import type { Client } from './client.ts';
import { usageError } from './errors.ts';
import { choosePartitions, requireTopic } from './session.ts';

export interface PeekFlags {
  readonly partition?: string;
  readonly offset?: string;
  readonly count: string;
  readonly valueBytes: string;
  readonly all?: true;
}

export function addPeekFlags(command: Command): Command {
  return command
    .option('-p, --partition <n>', 'only this partition')
    .option('-o, --offset <n>', 'from this offset on; needs --partition')
    .option('-n, --count <n>', 'how many at most', '10')
    .option('--value-bytes <size>', 'how much of a value is shown, up to 1M', '4k');
}

/** `fields`: those of the command but for place and number. Partition after partition. */
export async function* eachPeeked(
  client: Client,
  {
    command,
    fields,
    flags,
  }: {
    readonly command: string;
    readonly fields: { readonly topic: string };
    readonly flags: PeekFlags;
  },
): AsyncGenerator<PeekedMessage> {
  const { partition, offset } = flags;
  if (offset !== undefined && partition === undefined) throw usageError('--offset needs --partition');
  let left = parseInteger(flags.count, { name: '--count', min: 1 });
  const chosen = partition === undefined ? undefined : [parseInteger(partition, { name: '--partition' })];
  const topic = await requireTopic(client, fields.topic);
  const valueBytesMax = parseBytes(flags.valueBytes, '--value-bytes');
  for (const index of choosePartitions(topic, chosen)) {
    const first = {
      ...fields,
      partition: index,
      valueBytesMax,
      max: Math.min(left, 1000),
      ...(offset === undefined ? {} : { offset: parseInteger(offset, { name: '--offset' }) }),
      ...(flags.all === true ? { all: true } : {}),
    };
    const all = pages<Peek>(client, command, {
      fields: first,
      next: ({ nextOffset }) => (nextOffset === null || left === 0 ? null : { offset: nextOffset }),
    });
    for await (const { messages } of all) {
      for (const message of messages.slice(0, left)) {
        left--;
        yield message;
      }
    }
    if (left === 0) return;
  }
}
