/**
 * Statuses: RocketMQ's codes, and the exhaustive map to them from our operating errors. In a client OK and MULTIPLE_RESULTS go
 * on, TOO_MANY_REQUESTS is tried again later, and most others become an exception of their own.
 */
import { BrokerError, type BrokerErrorCode } from '../../base/errors.ts';
import { CODE, type Status } from './codec/generated/messages.ts';

export type Code = (typeof CODE)[keyof typeof CODE];

/** What a request, or an entry of one, is refused with. */
export class Refusal {
  readonly code: Code;
  readonly message: string;

  constructor(code: Code, message: string) {
    this.code = code;
    this.message = message;
  }
}

const CODES: Readonly<Record<BrokerErrorCode, Code>> = {
  'unknown-server-error': CODE.INTERNAL_SERVER_ERROR,
  'storage-full': CODE.INTERNAL_SERVER_ERROR,
  'storage-failed': CODE.INTERNAL_SERVER_ERROR,
  'shutting-down': CODE.INTERNAL_SERVER_ERROR,
  'offset-out-of-range': CODE.ILLEGAL_OFFSET,
  'corrupt-batch': CODE.MESSAGE_CORRUPTED,
  'invalid-record': CODE.BAD_REQUEST,
  'invalid-timestamp': CODE.BAD_REQUEST,
  'unsupported-format': CODE.BAD_REQUEST,
  'unsupported-compression': CODE.BAD_REQUEST,
  'batch-too-large': CODE.MESSAGE_BODY_TOO_LARGE,
  'unknown-topic': CODE.TOPIC_NOT_FOUND,
  'unknown-topic-id': CODE.TOPIC_NOT_FOUND,
  'inconsistent-topic-id': CODE.TOPIC_NOT_FOUND,
  'topic-exists': CODE.BAD_REQUEST,
  'invalid-topic': CODE.ILLEGAL_TOPIC,
  'invalid-partitions': CODE.BAD_REQUEST,
  'invalid-replication-factor': CODE.BAD_REQUEST,
  'invalid-replica-assignment': CODE.BAD_REQUEST,
  'invalid-config': CODE.BAD_REQUEST,
  'invalid-request': CODE.BAD_REQUEST,
  'policy-violation': CODE.FORBIDDEN,
  'not-enough-replicas': CODE.HA_NOT_AVAILABLE,
  'fenced-leader-epoch': CODE.INTERNAL_SERVER_ERROR,
  'unknown-leader-epoch': CODE.INTERNAL_SERVER_ERROR,
  'out-of-order-sequence': CODE.BAD_REQUEST,
  'duplicate-sequence': CODE.BAD_REQUEST,
  'invalid-producer-epoch': CODE.BAD_REQUEST,
  'unknown-producer-id': CODE.BAD_REQUEST,
  'invalid-transaction-state': CODE.INVALID_TRANSACTION_ID,
  'invalid-producer-id-mapping': CODE.BAD_REQUEST,
  'invalid-transaction-timeout': CODE.BAD_REQUEST,
  'producer-fenced': CODE.BAD_REQUEST,
  'transactional-id-not-found': CODE.INVALID_TRANSACTION_ID,
  'transaction-abortable': CODE.BAD_REQUEST,
  'coordinator-loading': CODE.TOO_MANY_REQUESTS,
  'coordinator-not-available': CODE.INTERNAL_SERVER_ERROR,
  'not-coordinator': CODE.INTERNAL_SERVER_ERROR,
  'invalid-group-id': CODE.ILLEGAL_CONSUMER_GROUP,
  'group-not-found': CODE.CONSUMER_GROUP_NOT_FOUND,
  'group-not-empty': CODE.PRECONDITION_FAILED,
  'group-max-size-reached': CODE.TOO_MANY_REQUESTS,
  'group-subscribed-to-topic': CODE.PRECONDITION_FAILED,
  'unknown-member': CODE.PRECONDITION_FAILED,
  'member-id-required': CODE.PRECONDITION_FAILED,
  'fenced-instance-id': CODE.PRECONDITION_FAILED,
  'illegal-generation': CODE.PRECONDITION_FAILED,
  'inconsistent-group-protocol': CODE.PRECONDITION_FAILED,
  'invalid-session-timeout': CODE.BAD_REQUEST,
  'rebalance-in-progress': CODE.PRECONDITION_FAILED,
  'offset-metadata-too-large': CODE.BAD_REQUEST,
  'invalid-commit-offset-size': CODE.BAD_REQUEST,
  'stale-member-epoch': CODE.PRECONDITION_FAILED,
  'fenced-member-epoch': CODE.PRECONDITION_FAILED,
  'unreleased-instance-id': CODE.PRECONDITION_FAILED,
  'streams-invalid-topology': CODE.BAD_REQUEST,
  'unsupported-assignor': CODE.BAD_REQUEST,
  'invalid-regular-expression': CODE.BAD_REQUEST,
  'unstable-offset-commit': CODE.TOO_MANY_REQUESTS,
  'fetch-session-not-found': CODE.BAD_REQUEST,
  'invalid-fetch-session-epoch': CODE.BAD_REQUEST,
  'fetch-session-topic-id-error': CODE.BAD_REQUEST,
  'request-timed-out': CODE.MASTER_PERSISTENCE_TIMEOUT,
  'topic-deletion-disabled': CODE.FORBIDDEN,
  'unsupported-sasl-mechanism': CODE.UNAUTHORIZED,
  'resource-not-found': CODE.NOT_FOUND,
  'duplicate-resource': CODE.BAD_REQUEST,
  'unacceptable-credential': CODE.UNAUTHORIZED,
  'unsupported-version': CODE.VERSION_UNSUPPORTED,
  'invalid-update-version': CODE.BAD_REQUEST,
  'unknown-subscription-id': CODE.BAD_REQUEST,
  'telemetry-too-large': CODE.PAYLOAD_TOO_LARGE,
  'queue-full': CODE.TOO_MANY_REQUESTS,
  throttled: CODE.TOO_MANY_REQUESTS,
  'topic-authorization-failed': CODE.FORBIDDEN,
  'group-authorization-failed': CODE.FORBIDDEN,
  'cluster-authorization-failed': CODE.FORBIDDEN,
  'transactional-id-authorization-failed': CODE.FORBIDDEN,
  'security-disabled': CODE.PRECONDITION_FAILED,
  'invalid-filter': CODE.ILLEGAL_FILTER_EXPRESSION,
  'subscription-not-found': CODE.CONSUMER_GROUP_NOT_FOUND,
  'invalid-delivery': CODE.INVALID_RECEIPT_HANDLE,
};

/** Of those that have to be remembered to be served. */
export const TOO_MANY_CLIENTS = new Refusal(
  CODE.TOO_MANY_REQUESTS,
  'There are too many clients: come again later.',
);

export const OK: Status = { code: CODE.OK, message: 'OK' };

export function statusOf(problem: Refusal | BrokerError | null): Status {
  if (problem === null) return OK;
  const { message } = problem;
  return { code: problem instanceof BrokerError ? CODES[problem.code] : problem.code, message };
}

/** The status of a request by those of its entries: theirs where they agree. */
export function statusOfAll(entries: readonly Status[]): Status {
  const first = entries[0];
  if (first === undefined) return OK;
  if (entries.every(({ code }) => code === first.code)) return first;
  return { code: CODE.MULTIPLE_RESULTS, message: 'some of it failed: each entry says how it went' };
}
