/**
 * The answer to a client's settings: its own again, with what the server decides filled in. A client waits for it before it
 * does anything else, and each takes other fields for granted: so all of them are always there.
 *
 * Retries are exponential for all: Java's and Node's producers take nothing else, and Node's consumers take a list for one
 * with zeros.
 */
import { CLIENT_TYPE, type RetryPolicy, type Settings } from './codec/generated/messages.ts';
import { BATCH_SIZE_MAX, BODY_BYTES_MAX, LITE_TOPIC_BYTES_MAX } from './limits.ts';
import { fromMs } from './time.ts';

const PRODUCER_ATTEMPTS_MAX = 3;
/** How often a message is delivered before it becomes a dead letter: once, and 16 times again. */
export const DELIVERIES_MAX = 17;
/** Of consumers: before the second delivery, and at most before any. */
export const RETRY_INITIAL_MS = 5000;
export const RETRY_MS_MAX = 2 * 60 * 60 * 1000;
export const RETRY_MULTIPLIER = 2;
const LONG_POLLING_MS = 20_000;

function exponential(maxAttempts: number, initialMs: number, maxMs: number): RetryPolicy {
  return {
    maxAttempts,
    exponentialBackoff: { initial: fromMs(initialMs), max: fromMs(maxMs), multiplier: RETRY_MULTIPLIER },
    customizedBackoff: null,
  };
}

/**
 * `isFifo`: whether the consumer's group keeps message groups in order. `liteSubscriptionsMax`: lite topics that it may have, if it
 * reads such.
 */
export function answerSettings(
  asked: Settings,
  { isFifo, liteSubscriptionsMax }: { readonly isFifo: boolean; readonly liteSubscriptionsMax: number },
): Settings {
  const { publishing, subscription } = asked;
  const answer: Settings = { ...asked, metric: { on: false, endpoints: null } };
  if (publishing !== null) {
    answer.publishing = { ...publishing, maxBodySize: BODY_BYTES_MAX, validateMessageType: true };
    answer.backoffPolicy = exponential(PRODUCER_ATTEMPTS_MAX, 10, 1000);
  }
  if (subscription !== null) {
    answer.subscription = {
      ...subscription,
      fifo: isFifo,
      receiveBatchSize: BATCH_SIZE_MAX,
      longPollingTimeout: fromMs(LONG_POLLING_MS),
      ...(isLite(asked) && {
        liteSubscriptionQuota: liteSubscriptionsMax,
        maxLiteTopicSize: LITE_TOPIC_BYTES_MAX,
      }),
    };
    answer.backoffPolicy = exponential(DELIVERIES_MAX, RETRY_INITIAL_MS, RETRY_MS_MAX);
  }
  return answer;
}

/** Whether the client reads lite topics. */
export function isLite({ clientType }: Settings): boolean {
  return clientType === CLIENT_TYPE.LITE_PUSH_CONSUMER || clientType === CLIENT_TYPE.LITE_SIMPLE_CONSUMER;
}
