// The options of commands that write records: acknowledgement and compression.

import { type Command, Option } from 'commander';
import type { Acks, Compression } from './client-apis.ts';

export interface SenderFlags {
  readonly acks: keyof typeof ACKS;
  readonly compression: Compression;
}

export const ACKS = { '0': 0, '1': 1, all: -1 } as const satisfies Record<string, Acks>;

export function addSenderFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--acks <acks>', 'answer when: 0 never, 1 written, all durable')
        .choices(Object.keys(ACKS))
        .default('all'),
    )
    .addOption(
      new Option('--compression <codec>').choices(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none'),
    );
}
