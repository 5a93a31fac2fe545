// `polylog dlq`: dead letters, and their way back.

import type { Command } from 'commander';
import { defineDlqList } from './dlq-list.ts';
import { defineDlqRedrive } from './dlq-redrive.ts';
import { defineDlqRuns } from './dlq-runs.ts';
import { defineDlqShow } from './dlq-show.ts';

export function define(dlq: Command): void {
  defineDlqList(dlq);
  defineDlqShow(dlq);
  defineDlqRedrive(dlq);
  defineDlqRuns(dlq);
}
