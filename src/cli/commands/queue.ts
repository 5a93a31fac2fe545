// `polylog queue`: subscriptions, whose messages are handed out and acknowledged one by one.

import type { Command } from 'commander';
import { defineQueueDescribe } from './queue-describe.ts';
import { defineQueueExplain } from './queue-explain.ts';
import { defineQueueList } from './queue-list.ts';

export function define(queue: Command): void {
  defineQueueList(queue);
  defineQueueDescribe(queue);
  defineQueueExplain(queue);
}
