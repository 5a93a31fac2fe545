/**
 * The timers that members of groups have: of any kind of group, how long they may be silent; of those with member epochs,
 * how long they may take to give up what they were told to. A timer looks at the member when it fires.
 */
import type { TimerRequest } from '../machine/machine.ts';
import type { GroupCommand } from './commands.ts';

export const sessionTimerKey = (groupId: string, memberId: string): string =>
  `session\0${groupId}\0${memberId}`;

export const revokeTimerKey = (groupId: string, memberId: string): string =>
  `revoke\0${groupId}\0${memberId}`;

export function sessionTimer(groupId: string, memberId: string, atMs: number): TimerRequest<GroupCommand> {
  return {
    key: sessionTimerKey(groupId, memberId),
    atMs,
    command: { kind: 'session-due', groupId, memberId },
  };
}

/** What a member has to give up at its epoch, from `nowMs` on. */
export function revokeTimer(
  groupId: string,
  member: { readonly memberId: string; readonly epoch: number; readonly rebalanceTimeoutMs: number },
  nowMs: number,
): TimerRequest<GroupCommand> {
  const { memberId, epoch, rebalanceTimeoutMs } = member;
  return {
    key: revokeTimerKey(groupId, memberId),
    atMs: nowMs + rebalanceTimeoutMs,
    command: { kind: 'revoke-due', groupId, memberId, epoch },
  };
}
