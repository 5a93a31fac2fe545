// `polylog topic`: create, list, describe, alter, delete.

import type { Command } from 'commander';
import { defineTopicAlter } from './topic-alter.ts';
import { defineTopicCreate } from './topic-create.ts';
import { defineTopicDelete } from './topic-delete.ts';
import { defineTopicDescribe } from './topic-describe.ts';
import { defineTopicList } from './topic-list.ts';

export function define(topic: Command): void {
  defineTopicCreate(topic);
  defineTopicList(topic);
  defineTopicDescribe(topic);
  defineTopicAlter(topic);
  defineTopicDelete(topic);
}
