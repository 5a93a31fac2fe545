/** The timers of a group of the consumer protocol: members' sessions, and the time to give up partitions. */
import type { TimerRequest } from '../../machine/machine.ts';
import type { GroupCommand } from '../commands.ts';
import { revokeTimer, sessionTimer } from '../member-timers.ts';
import type { ConsumerGroupConfig } from '../world.ts';
import { type ConsumerGroup, LEFT_STATIC_EPOCH } from './model.ts';

/** After a restart every member has its whole time again. */
export function* consumerTimers(
  { groupId, members }: ConsumerGroup,
  { sessionTimeoutMs }: ConsumerGroupConfig,
  nowMs: number,
): Iterable<TimerRequest<GroupCommand>> {
  for (const member of members.values()) {
    const { memberId, state, epoch, classic } = member;
    yield sessionTimer(groupId, memberId, nowMs + (classic?.sessionTimeoutMs ?? sessionTimeoutMs));
    if (state === 'unrevoked' && epoch !== LEFT_STATIC_EPOCH) yield revokeTimer(groupId, member, nowMs);
  }
}
