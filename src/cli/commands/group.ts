// `polylog group`: list, describe, reset, delete.

import type { Command } from 'commander';
import { defineGroupDelete } from './group-delete.ts';
import { defineGroupDescribe } from './group-describe.ts';
import { defineGroupList } from './group-list.ts';
import { defineGroupReset } from './group-reset.ts';

export function define(group: Command): void {
  defineGroupList(group);
  defineGroupDescribe(group);
  defineGroupReset(group);
  defineGroupDelete(group);
}
