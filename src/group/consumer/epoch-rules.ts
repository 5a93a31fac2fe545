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
    if (classic === null) return staleMemberEpoch(given, epoch, 'assignment');
    const message = `The request is of generation ${given}, the member is in ${epoch}: join the group again.`;
    return new BrokerError('illegal-generation', message);
  },
};
