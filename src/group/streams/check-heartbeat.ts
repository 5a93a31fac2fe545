/** What is wrong with a heartbeat of the Streams protocol, whatever the group: Kafka's checks, in its order. */
import { BrokerError } from '../../base/errors.ts';
import type { DraftContext } from '../draft.ts';
import { JOINING_EPOCH, LEAVING_EPOCH, type StreamsHeartbeatCommand } from './commands.ts';
import { type ConfiguredSubtopology, checkTopology } from './configure.ts';
import { partitionOf, ROLES, subtopologyOf, type Tasks } from './tasks.ts';

export function checkHeartbeat(
  command: StreamsHeartbeatCommand,
  { patterns }: DraftContext,
): BrokerError | null {
  const problem = checkFields(command);
  if (problem !== null) return new BrokerError('invalid-request', problem);
  const { topology } = command;
  if (topology === null) return null;
  const wrong = checkTopology(topology);
  if (wrong !== null) return wrong;
  for (const { sourceTopicRegex } of topology.subtopologies) {
    for (const pattern of sourceTopicRegex) {
      const refusal = patterns.check(pattern);
      if (refusal !== null) return refusal;
    }
  }
  return null;
}

function checkFields(command: StreamsHeartbeatCommand): string | null {
  const { groupId, memberId, epoch, rackId, topology } = command;
  if (memberId === '') return 'The member id must not be empty: a member chooses its own.';
  if (groupId === '') return 'The group id must not be empty.';
  if (rackId === '') return 'The rack id must not be empty: leave it out.';
  if (command.instanceId !== null)
    return 'Groups of the Streams protocol have no static members: leave group.instance.id out.';
  if (epoch < LEAVING_EPOCH) return `The member epoch can't be ${epoch}.`;
  if (epoch !== JOINING_EPOCH)
    return topology === null ? null : 'The topology is only sent when joining, with member epoch 0.';
  if (command.rebalanceTimeoutMs < 0) return 'A member that joins must give its rebalance timeout.';
  if (command.owned !== null && ROLES.some((role) => command.owned![role].length > 0))
    return 'A member that joins must have no tasks: close them first.';
  return topology === null ? 'A member that joins must send its topology.' : null;
}

/** Whether the tasks that a member says it has are ones of the topology. */
export function checkOwned(
  owned: Tasks,
  subtopologies: readonly ConfiguredSubtopology[],
): BrokerError | null {
  const counts = new Map(subtopologies.map(({ id, taskCount: count }) => [id, count]));
  for (const role of ROLES) {
    for (const task of owned[role].keys()) {
      const partition = partitionOf(task);
      if (partition >= 0 && partition < (counts.get(subtopologyOf(task)) ?? 0)) continue;
      return new BrokerError('invalid-request', `There is no task ${task} in the topology of the group.`);
    }
  }
  return null;
}
