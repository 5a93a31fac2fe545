/** From what members subscribe to, to who is to get what: topics and their hash, expressions, and the choice of the assignor. */
import type { Uuid } from '../../base/uuid.ts';
import type { AssignableMember, AssignableTopic } from '../assign/assignor.ts';
import { ASSIGNORS } from '../assign/registry.ts';
import type { DraftContext } from '../draft.ts';
import type { ConsumerDraft } from './draft.ts';
import type { Assignment, ConsumerMember } from './model.ts';

type Subscription = Pick<ConsumerMember, 'topics' | 'regex'>;

/** Finds the topics of all expressions anew: those that the client whose heartbeat this is may know of. */
export function resolveTopics(draft: ConsumerDraft, mayDescribe: (topic: string) => boolean): void {
  const { world, patterns } = draft.context;
  const regexTopics = new Map<string, readonly string[]>();
  for (const { regex } of draft.members()) {
    if (regex === null || regexTopics.has(regex)) continue;
    const matched = patterns.match(regex, world.topicNames());
    const allowed = matched.filter(mayDescribe);
    regexTopics.set(regex, allowed.length === matched.length ? matched : allowed);
  }
  draft.resolveTopics(regexTopics);
}

/** Bumps the epoch if the topics that the group consumes, or `bump`, ask for another assignment. */
export function refreshTopics(draft: ConsumerDraft, bump: boolean): void {
  const names = new Set<string>();
  const seen = new Set<readonly string[]>();
  const expressions = new Set<string>();
  for (const { topics, regex } of draft.members()) {
    if (regex !== null) expressions.add(regex);
    if (!seen.has(topics)) {
      seen.add(topics);
      for (const name of topics) names.add(name);
    }
  }
  for (const regex of expressions) for (const name of draft.regexTopics.get(regex) ?? []) names.add(name);
  const hash = hashTopics(draft.context, names);
  if (bump || hash !== draft.topicsHash) draft.bumpEpoch(hash);
}

/** Differs when a topic came, went, is another one of its name, or has more partitions. */
export function hashTopics({ world }: DraftContext, names: ReadonlySet<string>): number {
  let hash = 0;
  for (const name of names) {
    const topic = world.topic(name);
    if (topic === undefined) continue;
    let own = Math.imul(topic.partitionCount, 0x9e3779b1);
    for (let i = 0; i < topic.id.length; i++) own = Math.imul(own ^ topic.id.charCodeAt(i), 0x01000193);
    // A sum, so that the order of the names doesn't matter.
    hash = (hash + (own ^ (own >>> 15))) | 0;
  }
  return hash;
}

/** Whether the subscription has the topic, which exists. */
export function subscribes(
  draft: ConsumerDraft,
  { topics, regex }: Subscription,
): (topicId: Uuid) => boolean {
  return (topicId) => {
    const name = draft.context.world.topicById(topicId)?.name;
    if (name === undefined) return false;
    return topics.includes(name) || (regex !== null && draft.regexTopics.get(regex)?.includes(name) === true);
  };
}

/** Computes the target assignment for the group's epoch. */
export function updateTarget(draft: ConsumerDraft): void {
  const assignor = ASSIGNORS.get(chooseAssignor(draft))!;
  const topicsOf = topicFinder(draft);
  const members: AssignableMember[] = [];
  for (const member of draft.members()) {
    const { memberId, instanceId, rackId } = member;
    members.push({ memberId, instanceId, rackId, topics: topicsOf(member), current: draft.target(memberId) });
  }
  const assigned = assignor({ epoch: draft.epoch, members });
  const changed: { memberId: string; assignment: Assignment }[] = [];
  for (const { memberId, current } of members) {
    const assignment = assigned.get(memberId) ?? NOTHING;
    if (!sameAssignment(current, assignment)) changed.push({ memberId, assignment });
  }
  draft.putTarget(draft.epoch, draft.nowMs, changed);
}

const NOTHING: ReadonlyMap<Uuid, readonly number[]> = new Map();

/** The assignor that most members wish for; of those that nobody does, and where all are equal, the broker's first. */
export function chooseAssignor(draft: {
  members(): Iterable<ConsumerMember>;
  readonly context: DraftContext;
}): string {
  const offered = draft.context.settings.consumerAssignors;
  const votes = new Map<string, number>();
  for (const { serverAssignor } of draft.members()) {
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  }
  let best = offered[0]!;
  let bestVotes = 0;
  for (const name of offered) {
    const count = votes.get(name) ?? 0;
    if (count > bestVotes) {
      best = name;
      bestVotes = count;
    }
  }
  return best;
}

/** Topics by subscription; the same array for the same subscription. */
function topicFinder(draft: ConsumerDraft): (member: Subscription) => readonly AssignableTopic[] {
  const { world } = draft.context;
  const known = new Map<readonly string[], Map<string | null, readonly AssignableTopic[]>>();
  const topics = new Map<string, AssignableTopic | null>();
  const find = (name: string): AssignableTopic | null => {
    let topic = topics.get(name);
    if (topic === undefined) {
      const found = world.topic(name);
      topic =
        found === undefined
          ? null
          : {
              id: found.id,
              name,
              partitionCount: found.partitionCount,
              racksOf: (partition) => world.racksOf(found.id, partition),
            };
      topics.set(name, topic);
    }
    return topic;
  };
  return ({ topics: names, regex }) => {
    let byRegex = known.get(names);
    if (byRegex === undefined) known.set(names, (byRegex = new Map()));
    let found = byRegex.get(regex);
    if (found === undefined) {
      const matched = regex === null ? [] : (draft.regexTopics.get(regex) ?? []);
      const all = matched.length === 0 ? names : [...new Set([...names, ...matched])].sort();
      found = all.map(find).filter((topic) => topic !== null);
      byRegex.set(regex, found);
    }
    return found;
  };
}

export function sameAssignment(a: Assignment, b: Assignment): boolean {
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId);
    if (others === undefined || others.length !== partitions.length) return false;
    if (!partitions.every((partition, i) => partition === others[i])) return false;
  }
  return true;
}
