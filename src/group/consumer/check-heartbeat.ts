/** What a heartbeat of the consumer protocol must say, whatever the group is. Rules as in Kafka 4. */
import { BrokerError } from '../../base/errors.ts';
import type { ConsumerHeartbeatCommand } from '../commands.ts';
import type { DraftContext } from '../draft.ts';
import { JOINING_EPOCH, LEAVING_EPOCH, LEFT_STATIC_EPOCH } from './model.ts';

/** Topics that a member may name. Not a limit in Kafka, where the size of a request is. */
const TOPICS_MAX = 100_000;

export function checkHeartbeat(
  command: ConsumerHeartbeatCommand,
  { settings, patterns }: DraftContext,
): BrokerError | null {
  const wrong = whatIsWrong(command);
  if (wrong !== null) return new BrokerError('invalid-request', wrong);
  const { serverAssignor, regex } = command;
  if (serverAssignor !== null && !settings.consumerAssignors.includes(serverAssignor)) {
    return new BrokerError(
      'unsupported-assignor',
      `There is no assignor '${serverAssignor}': group.consumer.assignors has ${settings.consumerAssignors.join(', ')}.`,
    );
  }
  return regex === null || regex === '' ? null : patterns.check(regex);
}

function whatIsWrong(command: ConsumerHeartbeatCommand): string | null {
  const { epoch, groupId, memberId, instanceId, rackId, topics } = command;
  if (groupId.trim() === '') return 'the group id must not be empty';
  if (epoch < LEFT_STATIC_EPOCH) return `the member epoch ${epoch} is below −2`;
  if (memberId !== '' && memberId.trim() === '') return 'the member id must not be blank';
  if (memberId === '' && (epoch !== JOINING_EPOCH || command.newMemberId === '')) {
    return 'the member id must not be empty';
  }
  if (instanceId === '') return 'the instance id must not be empty';
  if (rackId === '') return 'the rack must not be empty';
  if (epoch === LEFT_STATIC_EPOCH && instanceId === null) {
    return 'a member that leaves with epoch −2 needs an instance id';
  }
  if (epoch === LEAVING_EPOCH || epoch === LEFT_STATIC_EPOCH) return null;
  if (topics !== null && topics.length > TOPICS_MAX) return `at most ${TOPICS_MAX} topics can be named`;
  return epoch === JOINING_EPOCH ? whatIsMissing(command) : null;
}

/** A member that joins says all of itself. */
function whatIsMissing({
  rebalanceTimeoutMs,
  owned,
  topics,
  regex,
}: ConsumerHeartbeatCommand): string | null {
  if (rebalanceTimeoutMs === -1) return 'a member that joins gives its rebalance timeout';
  if (owned === null || owned.length > 0) return 'a member that joins owns no partitions, and says so';
  if (topics === null && regex === null) return 'a member that joins names topics or an expression';
  return null;
}

export function notOfConsumers(groupId: string): BrokerError {
  return new BrokerError('group-not-found', `Group '${groupId}' is not of the consumer protocol.`);
}
