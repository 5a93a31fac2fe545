/**
 * PullMessage: reads a queue by offset, as a long poll. Nothing is acknowledged, and nobody else gets less for it. Records of
 * transactions that are open or were aborted are not seen. The stock server leaves it out.
 */
import { BrokerError } from '../../../base/errors.ts';
import { isOfAborted } from '../../../broker/aborted.ts';
import { type FetchedPartition, FetchPosition, FetchSet } from '../../../broker/fetch-set.ts';
import { compileFilter, type Filter } from '../../../broker/queues.ts';
import type { Partition } from '../../../broker/topics.ts';
import { nextOffsetOf } from '../../../record/batch.ts';
import {
  CODE,
  type Message,
  newPullMessageResponse,
  type PullMessageRequest,
  type PullMessageResponse,
  readPullMessageRequest,
  writePullMessageResponse,
} from '../codec/generated/messages.ts';
import { filterOf } from '../filters.ts';
import { POLLING_MS_MAX, PULL_MESSAGES_MAX, WAY_BACK_MS } from '../limits.ts';
import { type Call, type ReplyStream, streaming } from '../rpc.ts';
import { OK, Refusal, statusOf } from '../status.ts';
import { readMessages } from '../stored-messages.ts';
import { toMs } from '../time.ts';
import { findGroup, findQueue } from './topics.ts';

/** Bytes of the batches of one answer; the first comes whatever its size. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

type Replies = ReplyStream<PullMessageResponse>;

/** What is read from where. */
interface Pull {
  readonly partition: Partition;
  readonly request: PullMessageRequest;
  readonly messagesMax: number;
  readonly filter: Filter | null;
  readonly endsMs: number;
}

function pullMessage(call: Call, request: PullMessageRequest, replies: Replies): void {
  const pull = pullOf(call, request);
  if (pull instanceof Refusal || pull instanceof BrokerError) return refuse(replies, pull);
  const { log, clock } = call.rocketmq.broker;
  const set = new FetchSet<null>(log, clock);
  set.put(
    new FetchPosition(pull.partition, {
      tag: null,
      offset: request.offset,
      bytesMax: ANSWER_BYTES_MAX,
      currentLeaderEpoch: -1,
    }),
  );
  call.whenGone(() => {
    set.abandon();
    set.close();
  });
  fetchInto(call, { pull, set }, replies);
}

function pullOf(call: Call, request: PullMessageRequest): Pull | Refusal | BrokerError {
  const group = findGroup(call, request.group);
  if (group instanceof Refusal) return group;
  const partition = findQueue(call, request.messageQueue);
  if (partition instanceof Refusal) return partition;
  const { startOffset, highWatermark } = partition.stream;
  if (request.offset < startOffset || request.offset > highWatermark) {
    const why = `The queue has the offsets ${startOffset} to ${highWatermark}; ${request.offset} isn't one of them.`;
    return new Refusal(CODE.ILLEGAL_OFFSET, why);
  }
  const wanted = filterOf(request.filterExpression);
  if (wanted instanceof Refusal) return wanted;
  const filter = wanted === null ? null : compileFilter(wanted.type, wanted.expression);
  if (filter instanceof BrokerError) return filter;
  const waitMs = Math.min(toMs(request.longPollingTimeout), POLLING_MS_MAX, call.patienceMs - WAY_BACK_MS);
  return {
    partition,
    request,
    messagesMax: Math.max(1, Math.min(request.batchSize, PULL_MESSAGES_MAX)),
    filter,
    endsMs: call.rocketmq.clock.monotonicMs() + Math.max(0, waitMs),
  };
}

function refuse(replies: Replies, problem: Refusal | BrokerError): void {
  replies.write({ ...newPullMessageResponse(), status: statusOf(problem) });
  replies.end();
}

/** One look, and another where nothing of what came was wanted and there is time. */
function fetchInto(
  call: Call,
  { pull, set }: { readonly pull: Pull; readonly set: FetchSet<null> },
  replies: Replies,
): void {
  const { rocketmq } = call;
  set.fetch({
    bytesMax: ANSWER_BYTES_MAX,
    bytesMin: 1,
    waitMaxMs: Math.max(0, pull.endsMs - rocketmq.clock.monotonicMs()),
    readCommitted: true,
    done: ([fetched]) => {
      const { batches = [], error = null, position } = fetched ?? {};
      if (error !== null) {
        set.close();
        return refuse(
          replies,
          new BrokerError(error, `The queue can't be read from offset ${pull.request.offset} on.`),
        );
      }
      const { messages, nextOffset } = choose(call, pull, fetched);
      const isOver =
        messages.length > 0 || batches.length === 0 || rocketmq.clock.monotonicMs() >= pull.endsMs;
      if (!isOver && position !== undefined) {
        rocketmq.broker.log.blocks.releaseAll(batches);
        position.offset = nextOffset;
        set.touch(position);
        return fetchInto(call, { pull, set }, replies);
      }
      answer(replies, messages, Math.max(nextOffset, position?.offset ?? 0, pull.request.offset));
      rocketmq.broker.log.blocks.releaseAll(batches);
      set.close();
    },
  });
}

function answer(replies: Replies, messages: readonly Message[], nextOffset: number): void {
  const status =
    messages.length > 0 ? OK : statusOf(new Refusal(CODE.MESSAGE_NOT_FOUND, 'There is no message.'));
  replies.write({ ...newPullMessageResponse(), status });
  for (const message of messages) replies.write({ ...newPullMessageResponse(), message });
  replies.write({ ...newPullMessageResponse(), nextOffset });
  replies.end();
}

function choose(
  call: Call,
  { partition, request, messagesMax, filter }: Pull,
  fetched: FetchedPartition<null> | undefined,
): { readonly messages: Message[]; readonly nextOffset: number } {
  const messages: Message[] = [];
  if (fetched === undefined) return { messages, nextOffset: request.offset };
  const { batches, aborted, position } = fetched;
  const from = position.offset;
  let nextOffset = from;
  let isFull = false;
  readMessages(call.rocketmq, {
    batches,
    topic: request.messageQueue!.topic!,
    partition: partition.index,
    choose(offset, { section, view, timestampMs, batch }) {
      if (offset < from) return 'skip';
      if (messages.length >= messagesMax) {
        isFull = true;
        return 'stop';
      }
      nextOffset = offset + 1;
      if (aborted !== null && isOfAborted(aborted, batch)) return 'skip';
      return filter === null || filter.matches(section, view, timestampMs) ? 'take' : 'skip';
    },
    take: (message) => messages.push(message),
  });
  // Markers and what compaction has left out stand behind the last message, too.
  if (!isFull && batches.length > 0) nextOffset = Math.max(nextOffset, nextOffsetOf(batches));
  return { messages, nextOffset };
}

export const pullRpc = streaming<PullMessageRequest, PullMessageResponse>({
  name: 'PullMessage',
  read: readPullMessageRequest,
  write: writePullMessageResponse,
  refuse: (status) => ({ ...newPullMessageResponse(), status }),
  handle: pullMessage,
});
