/** From what members of a share group subscribe to, to which partitions each of them is to read. */
import type { AssignableMember, AssignableTopic } from '../assign/assignor.ts';
import { assignSimple } from '../assign/simple.ts';
import { hashTopics, sameAssignment } from '../consumer/assignment.ts';
import type { Assignment } from '../consumer/model.ts';
import type { ShareDraft } from './draft.ts';
import { NO_ASSIGNMENT } from './model.ts';

/** Bumps the epoch if the topics that the group reads, or `bump`, ask for another assignment. */
export function refreshTopics(draft: ShareDraft, bump: boolean): void {
  const names = new Set<string>();
  for (const topics of subscriptions(draft)) for (const name of topics) names.add(name);
  const hash = hashTopics(draft.context, names);
  if (bump || hash !== draft.topicsHash) draft.bumpEpoch(hash);
  draft.sawTopics();
}

/** Each once: members mostly share one. */
function subscriptions(draft: ShareDraft): Set<readonly string[]> {
  const found = new Set<readonly string[]>();
  for (const { topics } of draft.members()) found.add(topics);
  return found;
}

/** Computes the target assignment for the group's epoch. */
export function updateTarget(draft: ShareDraft): void {
  const { world } = draft.context;
  const topicsOf = new Map<readonly string[], readonly AssignableTopic[]>();
  for (const names of subscriptions(draft)) {
    const topics: AssignableTopic[] = [];
    for (const name of names) {
      const topic = world.topic(name);
      if (topic === undefined) continue;
      const { id, partitionCount } = topic;
      topics.push({ id, name, partitionCount, racksOf: (partition) => world.racksOf(id, partition) });
    }
    topicsOf.set(names, topics);
  }
  const members: AssignableMember[] = [];
  for (const { memberId, rackId, topics } of draft.members()) {
    const current = draft.target(memberId);
    members.push({ memberId, instanceId: null, rackId, topics: topicsOf.get(topics)!, current });
  }
  const assigned = assignSimple(members);
  const changed: { memberId: string; assignment: Assignment }[] = [];
  for (const { memberId, current } of members) {
    const assignment = assigned.get(memberId) ?? NO_ASSIGNMENT;
    if (!sameAssignment(current, assignment)) changed.push({ memberId, assignment });
  }
  draft.putTarget(changed);
}
