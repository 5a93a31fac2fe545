/** What a heartbeat of a share group must say, whatever the group is: Kafka's checks, in its order. */
import { BrokerError } from '../../base/errors.ts';
import { JOINING_EPOCH, LEAVING_EPOCH, type ShareHeartbeatCommand } from './commands.ts';

/** Topics that a member may name. Not a limit in Kafka, where the size of a request is. */
const TOPICS_MAX = 100_000;

export function checkHeartbeat(command: ShareHeartbeatCommand): BrokerError | null {
  const problem = whatIsWrong(command);
  return problem === null ? null : new BrokerError('invalid-request', problem);
}

function whatIsWrong({ groupId, memberId, epoch, rackId, topics }: ShareHeartbeatCommand): string | null {
  if (memberId === '') return 'The member id must not be empty: a member chooses its own.';
  if (groupId === '') return 'The group id must not be empty.';
  if (rackId === '') return 'The rack id must not be empty: leave it out.';
  if (epoch < LEAVING_EPOCH) return `The member epoch can't be ${epoch}.`;
  if (epoch === JOINING_EPOCH && (topics === null || topics.length === 0))
    return 'A member that joins must say which topics it subscribes to.';
  if (topics !== null && topics.length > TOPICS_MAX) return `At most ${TOPICS_MAX} topics can be named.`;
  return null;
}

export function notOfShares(groupId: string): BrokerError {
  return new BrokerError('group-not-found', `Group '${groupId}' is not a share group.`);
}
