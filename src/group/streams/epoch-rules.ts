/** What commits and fetches of offsets of a group of the Streams protocol are checked by (KIP-1071, KIP-1251). */
import { type EpochRules, staleMemberEpoch } from '../check-epoch.ts';
import { readerOf, type StreamsGroup, type StreamsMember } from './model.ts';
import { taskId } from './tasks.ts';

export function streamsEpochRules(group: StreamsGroup): EpochRules<StreamsMember> {
  return {
    /** Since it has had the active task that reads the partition. */
    heldSince({ assigned, revoking }, { topic }) {
      const subtopologyId = readerOf(group, topic);
      if (subtopologyId === null) return () => undefined;
      return (partition) => {
        const task = taskId(subtopologyId, partition);
        return assigned.active.get(task) ?? revoking.active.get(task);
      };
    },

    stale: ({ epoch }, given) => staleMemberEpoch(given, epoch, 'tasks'),
  };
}
