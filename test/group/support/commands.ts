/** Commands of which a test says only what matters to it. */
import type { JoinCommand } from '../../../src/group/commands.ts';
import { subscription } from './stage.ts';

/** The first join of a dynamic member that is asked to come back with an id, and consumes `t`. */
export function joinCommand(changes: Partial<JoinCommand>): JoinCommand {
  return {
    kind: 'join',
    groupId: 'g',
    memberId: '',
    instanceId: null,
    clientId: 'c',
    clientHost: 'h',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription(['t']) }],
    memberIdRequired: true,
    skipAssignmentSupported: true,
    newMemberIdSuffix: '1',
    ...changes,
  };
}
