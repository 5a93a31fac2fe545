/**
 * The answer to a client's settings: its own again, with what the server decides filled in. A client waits for it before it
 * does anything else, and each takes other fields for granted: so all of them are always there.
 *
 * Retries are exponential: Java's and Node's producers take nothing else, and Node's consumers take a list for one with zeros.
 * But Python's consumers know lists only.
 *
 * Metrics of clients are nobody's here. But Python's push consumers before 5.1.1 receive nothing where they are told to keep none.
 */
import { retryDelayMs, type SubscriptionSettings } from '../../broker/queues.ts';
import {
  CLIENT_TYPE,
  LANGUAGE,
  type Metric,
  type RetryPolicy,
  type Settings,
} from './codec/generated/messages.ts';
import { BATCH_SIZE_MAX, BODY_BYTES_MAX, LITE_TOPIC_BYTES_MAX, POLLING_MS } from './limits.ts';
import { fromMs } from './time.ts';

const PRODUCER_ATTEMPTS_MAX = 3;
/** How often a message is delivered before it becomes a dead letter: once, and 16 times again. */
export const DELIVERIES_MAX = 17;
/** Of consumers: before the second delivery, and at most before any. */
export const RETRY_INITIAL_MS = 5000;
export const RETRY_MS_MAX = 2 * 60 * 60 * 1000;
export const RETRY_MULTIPLIER = 2;
/** What a group without a limit is told, and how many delays a list has. */
const ATTEMPTS_MAX = 32_767;
const LIST_MAX = 64;

function exponential(
  maxAttempts: number,
  initialMs: number,
  { maxMs, multiplier }: { readonly maxMs: number; readonly multiplier: number },
): RetryPolicy {
  return {
    maxAttempts,
    exponentialBackoff: { initial: fromMs(initialMs), max: fromMs(maxMs), multiplier },
    customizedBackoff: null,
  };
}

/** How a consumer's group treats its messages. */
export interface GroupManners extends Pick<SubscriptionSettings, 'deliveriesMax' | 'retry'> {
  /** Whether its push consumers try again what fails, themselves. */
  readonly isFifo: boolean;
  /** Lite topics that one of its clients may have, if it reads such. */
  readonly liteSubscriptionsMax: number;
}

/** A policy of lists is told as the exponential one between its first and its longest delay. */
function policyFor({ userAgent }: Settings, { retry, deliveriesMax }: GroupManners): RetryPolicy {
  const attempts = deliveriesMax || ATTEMPTS_MAX;
  if (userAgent?.language === LANGUAGE.PYTHON) {
    const next = Array.from({ length: Math.min(attempts, LIST_MAX) }, (_, i) =>
      fromMs(retryDelayMs(retry, i + 1, 0)),
    );
    return { maxAttempts: attempts, exponentialBackoff: null, customizedBackoff: { next } };
  }
  if (retry.kind === 'exponential') {
    const { firstMs, maxMs, factor } = retry;
    return exponential(attempts, firstMs, { maxMs, multiplier: factor });
  }
  const maxMs = Math.max(...retry.delaysMs);
  return exponential(attempts, retry.delaysMs[0]!, { maxMs, multiplier: RETRY_MULTIPLIER });
}

/** Where a client has to have a place for its metrics it is this broker, which refuses them. */
function metricFor({ clientType, userAgent, accessPoint }: Settings): Metric {
  const needsPlace =
    clientType === CLIENT_TYPE.PUSH_CONSUMER &&
    userAgent?.language === LANGUAGE.PYTHON &&
    /^5\.(?:0\.|1\.0$)/.test(userAgent.version);
  return needsPlace && accessPoint !== null
    ? { on: true, endpoints: accessPoint }
    : { on: false, endpoints: null };
}

/** `manners`: of a consumer's group. */
export function answerSettings(asked: Settings, manners: GroupManners): Settings {
  const { publishing, subscription } = asked;
  const answer: Settings = { ...asked, metric: metricFor(asked) };
  if (publishing !== null) {
    answer.publishing = { ...publishing, maxBodySize: BODY_BYTES_MAX, validateMessageType: true };
    answer.backoffPolicy = exponential(PRODUCER_ATTEMPTS_MAX, 10, {
      maxMs: 1000,
      multiplier: RETRY_MULTIPLIER,
    });
  }
  if (subscription !== null) {
    answer.subscription = {
      ...subscription,
      fifo: manners.isFifo,
      receiveBatchSize: BATCH_SIZE_MAX,
      longPollingTimeout: fromMs(POLLING_MS),
      ...(isLite(asked) && {
        liteSubscriptionQuota: manners.liteSubscriptionsMax,
        maxLiteTopicSize: LITE_TOPIC_BYTES_MAX,
      }),
    };
    answer.backoffPolicy = policyFor(asked, manners);
  }
  return answer;
}

/** Whether the client reads lite topics. */
export function isLite({ clientType }: Settings): boolean {
  return clientType === CLIENT_TYPE.LITE_PUSH_CONSUMER || clientType === CLIENT_TYPE.LITE_SIMPLE_CONSUMER;
}
