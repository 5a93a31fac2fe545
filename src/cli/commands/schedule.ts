// `polylog schedule`: messages that wait for their time.

import type { Command } from 'commander';
import { defineScheduleCancel } from './schedule-cancel.ts';
import { defineScheduleList } from './schedule-list.ts';

export function define(schedule: Command): void {
  defineScheduleList(schedule);
  defineScheduleCancel(schedule);
}
