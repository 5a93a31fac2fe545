// `polylog queue`: subscriptions, whose messages are handed out and acknowledged one by one.

import type { Command } from 'commander';
import { defineQueueCreate } from './queue-create.ts';
import { defineQueueDelete } from './queue-delete.ts';
import { defineQueueDescribe } from './queue-describe.ts';
import { defineQueueExplain } from './queue-explain.ts';
import { defineQueueList } from './queue-list.ts';
import { defineQueuePause } from './queue-pause.ts';
import { defineQueuePeek } from './queue-peek.ts';
import { defineQueuePurge } from './queue-purge.ts';
import { defineQueueSeek } from './queue-seek.ts';
import { defineQueueSet } from './queue-set.ts';

export function define(queue: Command): void {
  defineQueueList(queue);
  defineQueueDescribe(queue);
  defineQueueExplain(queue);
  defineQueuePeek(queue);
  defineQueueCreate(queue);
  defineQueueSet(queue);
  defineQueuePause(queue);
  defineQueueSeek(queue);
  defineQueuePurge(queue);
  defineQueueDelete(queue);
}
