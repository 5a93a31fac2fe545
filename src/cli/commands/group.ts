// `polylog group`: list, describe, alter, reset, delete.

import type { Command } from 'commander';
import { defineGroupAlter } from './group-alter.ts';
import { defineGroupDelete } from './group-delete.ts';
import { defineGroupDescribe } from './group-describe.ts';
import { defineGroupList } from './group-list.ts';
import { defineGroupReset } from './group-reset.ts';

export function define(group: Command): void {
  defineGroupList(group);
  defineGroupDescribe(group);
  defineGroupAlter(group);
  defineGroupReset(group);
  defineGroupDelete(group);
}
