/** The timers of a group of the consumer protocol: members' sessions, and the time to give up partitions. */
import type { TimerRequest } from '../../machine/machine.ts';
import type { GroupCommand } from '../commands.ts';
import { sessionTimerKey } from '../draft.ts';
import type { ConsumerGroupConfig } from '../world.ts';
import { type ConsumerGroup, LEFT_STATIC_EPOCH } from './model.ts';

export const revokeTimerKey = (groupId: string, memberId: string): string =>
  `revoke\0${groupId}\0${memberId}`;

/** After a restart every member has its whole time again. */
export function* consumerTimers(
  { groupId, members }: ConsumerGroup,
  { sessionTimeoutMs }: ConsumerGroupConfig,
  nowMs: number,
): Iterable<TimerRequest<GroupCommand>> {
  for (const { memberId, state, epoch, classic, rebalanceTimeoutMs } of members.values()) {
    yield {
      key: sessionTimerKey(groupId, memberId),
      atMs: nowMs + (classic?.sessionTimeoutMs ?? sessionTimeoutMs),
      command: { kind: 'session-due', groupId, memberId },
    };
    if (state !== 'unrevoked' || epoch === LEFT_STATIC_EPOCH) continue;
    yield {
      key: revokeTimerKey(groupId, memberId),
      atMs: nowMs + rebalanceTimeoutMs,
      command: { kind: 'revoke-due', groupId, memberId, epoch },
    };
  }
}
