/** Topics come, go and grow: the groups that consume them look again with their next heartbeat. */
import type { TopicsChangedCommand } from '../commands.ts';
import type { GroupDecision } from '../draft.ts';
import type { GroupsState } from '../model.ts';
import { consumerSubscribed } from './model.ts';

export function decideTopicsChanged(
  state: GroupsState,
  { names }: TopicsChangedCommand,
  token: number,
): GroupDecision {
  const groupIds: string[] = [];
  for (const { live } of state.groups.values()) {
    if (live.type !== 'consumer' || live.topicsStale) continue;
    // A new name may match an expression: that is found out with the heartbeat, once for all changes until then.
    const concerned = live.regexCounts.size > 0 || names.some((name) => consumerSubscribed(live, name));
    if (concerned) groupIds.push(live.groupId);
  }
  return {
    volatile: groupIds.length === 0 ? [] : [{ kind: 'topics-stale', groupIds }],
    replies: [{ to: token, answer: { kind: 'done' } }],
  };
}
