/** Commands about dead letters: dlq.list, dlq.show, dlq.redrive, dlq.run, dlq.runs, dlq.stop. */
import { BrokerError } from '../../base/errors.ts';
import { compileFilter } from '../../filter/filter.ts';
import { undoneIn } from '../../queue/window.ts';
import type { Broker } from '../broker.ts';
import { REDRIVE_SUBSCRIPTION } from '../redrive.ts';
import type { Run } from '../redrive-runs.ts';
import type { DeadLetterTopic, DeadLetterTopics, Peek, RedriveRun, RedriveRuns } from './answers.ts';
import { type AdminCall, type AdminCommand, readMax, requireTopic } from './command.ts';
import { NATURAL } from './fields.ts';
import { peek, readPeek } from './peeks.ts';
import { readFilter } from './settings-fields.ts';

const WAIT_MS = { min: 0, max: 30_000 };
const SOURCES_MAX = 1000;

type Sources = { topic: string; subscription: string }[];

/** Topics that subscriptions name for their dead letters, and those of which letters were put back; by name. */
export const listDeadLetters: AdminCommand<DeadLetterTopics> = ({ broker, caller, fields }) => {
  const after = fields.textIfGiven('after');
  const max = readMax(fields);
  fields.end();
  const found = new Map<string, Sources>();
  const sourcesOf = (topic: string): Sources => {
    let sources = found.get(topic);
    if (sources === undefined) found.set(topic, (sources = []));
    return sources;
  };
  for (const { topicId, name, state } of broker.queues.list()) {
    const topic = broker.topics.byId(topicId)?.name;
    if (topic === undefined || !caller.sees('describe', 'topic', topic)) continue;
    if (name === REDRIVE_SUBSCRIPTION) sourcesOf(topic);
    const { deadLetterTopic } = state.settings;
    if (deadLetterTopic === null || !caller.sees('describe', 'group', name)) continue;
    if (!caller.sees('describe', 'topic', deadLetterTopic)) continue;
    const sources = sourcesOf(deadLetterTopic);
    if (sources.length < SOURCES_MAX) sources.push({ topic, subscription: name });
  }
  const names = [...found.keys()].filter((name) => after === undefined || name > after).sort();
  const page = names.slice(0, max);
  const topics = page.map((topic): DeadLetterTopic => {
    return { topic, letters: lettersOf(broker, topic), sources: found.get(topic)! };
  });
  return { topics, next: names.length > max ? page.at(-1)! : null };
};

/** Letters that weren't put back; null: there is no such topic. */
function lettersOf({ topics, queues }: Broker, name: string): number | null {
  const topic = topics.byName(name);
  if (topic === undefined || topic.config.view !== null) return null;
  const redrive = queues.find(topic.id, REDRIVE_SUBSCRIPTION);
  let letters = 0;
  for (let index = 0; index < topic.partitionCount; index++) {
    letters += undoneIn(redrive?.state.windows.get(index), topics.partition(topic, index)!.stream);
  }
  return letters;
}

/** Letters of a partition; those that were put back are done. */
export const showDeadLetters: AdminCommand<Peek> = ({ broker, caller, fields }) => {
  const topic = fields.text('topic');
  caller.require('read', 'topic', topic);
  const request = readPeek(fields);
  const subscription = broker.queues.find(requireTopic(broker, topic).id, REDRIVE_SUBSCRIPTION);
  return peek(broker, { topic, subscription, request });
};

/** Begins a run. Letters go where the one who asks may write; others stay. */
export const redrive: AdminCommand<RedriveRun> = (call) => {
  const { broker, caller, fields } = call;
  const topic = fields.text('topic');
  const to = fields.textIfGiven('to') ?? null;
  caller.require('read', 'topic', topic);
  if (to !== null) caller.require('write', 'topic', to);
  const filter = readFilter(fields.objectIfGiven('filter'));
  const messagesMax = fields.integerIfGiven('max', NATURAL) ?? 0;
  const perSecond = fields.integerIfGiven('perSecond', NATURAL) ?? 0;
  fields.end();
  const wanted = filter === undefined ? null : compileFilter(filter.type, filter.expression);
  if (wanted instanceof BrokerError) throw wanted;
  const { id: topicId } = requireTopic(broker, topic);
  if (to !== null) requireTopic(broker, to);
  const mayWrite = (name: string): boolean => caller.sees('write', 'topic', name);
  const run = broker.redrives.start(topic, { topicId, to, wanted, messagesMax, perSecond, mayWrite });
  if (run instanceof BrokerError) throw run;
  caller.changed(
    'dead letters put back',
    topic,
    to === null ? `run ${run.number}` : `run ${run.number} to ${to}`,
  );
  return printed(run);
};

/** How far a run is, when it has ended or after `waitMs`. */
export const followRun: AdminCommand<RedriveRun> = async (call) => {
  const waitMs = call.fields.integerIfGiven('waitMs', WAIT_MS) ?? 0;
  const run = findRun(call);
  await call.broker.redrives.ended(run, waitMs);
  return printed(run);
};

export const stopRun: AdminCommand<RedriveRun> = (call) => {
  const run = findRun(call);
  call.broker.redrives.stop(run);
  return printed(run);
};

/** Runs that are under way, and the last that have ended. */
export const listRuns: AdminCommand<RedriveRuns> = ({ broker, caller, fields }) => {
  fields.end();
  const runs = broker.redrives.list().filter(({ topic }) => caller.sees('read', 'topic', topic));
  return { runs: runs.map(printed) };
};

/** A run is named with its topic, which says who may. */
function findRun({ broker, caller, fields }: AdminCall): Run {
  const topic = fields.text('topic');
  const number = fields.integer('run', NATURAL);
  fields.end();
  caller.require('read', 'topic', topic);
  const run = broker.redrives.find(number);
  if (run?.topic !== topic)
    throw new BrokerError('resource-not-found', `topic '${topic}' has no run ${number}`);
  return run;
}

function printed({ number, topic, state, result, startedMs, endedMs, error }: Run): RedriveRun {
  const ended = endedMs < 0 ? null : endedMs;
  return { run: number, topic, state, ...result, startedMs, endedMs: ended, error: error?.message ?? null };
}
