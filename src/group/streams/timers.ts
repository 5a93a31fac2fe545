/** The timers of a group of the Streams protocol. */
import type { TimerRequest } from '../../machine/machine.ts';
import type { GroupCommand } from '../commands.ts';
import { revokeTimerKey } from '../consumer/timers.ts';
import { sessionTimerKey } from '../draft.ts';
import type { StreamsGroupConfig } from '../world.ts';
import type { StreamsGroup } from './model.ts';

export const delayTimerKey = (groupId: string): string => `streams-delay\0${groupId}`;

/** After a restart every member has its whole time again, and nobody waits for more members. */
export function* streamsTimers(
  { groupId, members }: StreamsGroup,
  { sessionTimeoutMs }: StreamsGroupConfig,
  nowMs: number,
): Iterable<TimerRequest<GroupCommand>> {
  for (const { memberId, state, epoch, rebalanceTimeoutMs } of members.values()) {
    yield {
      key: sessionTimerKey(groupId, memberId),
      atMs: nowMs + sessionTimeoutMs,
      command: { kind: 'session-due', groupId, memberId },
    };
    if (state !== 'unrevoked') continue;
    yield {
      key: revokeTimerKey(groupId, memberId),
      atMs: nowMs + rebalanceTimeoutMs,
      command: { kind: 'revoke-due', groupId, memberId, epoch },
    };
  }
}
