/** The timers of a group of the Streams protocol. */
import type { TimerRequest } from '../../machine/machine.ts';
import type { GroupCommand } from '../commands.ts';
import { revokeTimer, sessionTimer } from '../member-timers.ts';
import type { StreamsGroupConfig } from '../world.ts';
import type { StreamsGroup } from './model.ts';

export const delayTimerKey = (groupId: string): string => `streams-delay\0${groupId}`;

/** After a restart every member has its whole time again, and nobody waits for more members. */
export function* streamsTimers(
  { groupId, members }: StreamsGroup,
  { sessionTimeoutMs }: StreamsGroupConfig,
  nowMs: number,
): Iterable<TimerRequest<GroupCommand>> {
  for (const member of members.values()) {
    yield sessionTimer(groupId, member.memberId, nowMs + sessionTimeoutMs);
    if (member.state === 'unrevoked') yield revokeTimer(groupId, member, nowMs);
  }
}
