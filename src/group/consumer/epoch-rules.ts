/** What commits and fetches of offsets of a group of the consumer protocol are checked by (KIP-848, KIP-1251). */
import { BrokerError } from '../../base/errors.ts';
import { type EpochRules, staleMemberEpoch } from '../check-epoch.ts';
import type { ConsumerMember } from './model.ts';

export const CONSUMER_EPOCH_RULES: EpochRules<ConsumerMember> = {
  heldSince({ assigned, revoking }, { topicId }) {
    return (partition) => assigned.get(topicId)?.get(partition) ?? revoking.get(topicId)?.get(partition);
  },

  /** Members of the classic protocol know their epoch as a generation. */
  stale({ classic, epoch }, given) {
    return classic === null ? staleMemberEpoch(given, epoch, 'assignment') : illegalGeneration(given, epoch);
  },
};

export function illegalGeneration(given: number, current: number): BrokerError {
  return new BrokerError(
    'illegal-generation',
    `The request is of generation ${given}, the member is in ${current}: join the group again.`,
  );
}
