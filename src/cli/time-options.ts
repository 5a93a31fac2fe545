// --delay and --at: when a message is to enter its topic.

import type { Command } from 'commander';
import { parseDuration, parseTime } from './arguments.ts';
import { usageError } from './errors.ts';

export interface TimeFlags {
  readonly delay?: string;
  readonly at?: string;
}

export function addTimeOptions(command: Command): Command {
  return command
    .option('--delay <time>', 'it enters the topic after this time: 500ms, 10s, 2h, 7d')
    .option('--at <time>', 'it enters the topic at this time: an ISO time, or ms since 1970');
}

/** Ms since 1970; undefined: neither is given. */
export function timeOf({ delay, at }: TimeFlags, nowMs: number): number | undefined {
  if (delay !== undefined && at !== undefined) throw usageError('--delay and --at exclude each other');
  if (delay !== undefined) return nowMs + parseDuration(delay, '--delay');
  return at === undefined ? undefined : parseTime(at, nowMs);
}
