/** The exhaustive map from our operating errors to Kafka's error codes (Kafka protocol guide, "Error codes"). */
import type { BrokerError, BrokerErrorCode } from '../../base/errors.ts';

export const NO_ERROR = 0;

export const KAFKA_ERRORS: Readonly<Record<BrokerErrorCode, number>> = {
  'unknown-server-error': -1,
  'offset-out-of-range': 1,
  'corrupt-batch': 2,
  'unknown-topic': 3,
  'shutting-down': 6,
  'request-timed-out': 7,
  'batch-too-large': 10,
  'offset-metadata-too-large': 12,
  'coordinator-loading': 14,
  'coordinator-not-available': 15,
  'not-coordinator': 16,
  'invalid-topic': 17,
  'not-enough-replicas': 19,
  'illegal-generation': 22,
  'inconsistent-group-protocol': 23,
  'invalid-group-id': 24,
  'unknown-member': 25,
  'invalid-session-timeout': 26,
  'rebalance-in-progress': 27,
  'invalid-commit-offset-size': 28,
  'topic-authorization-failed': 29,
  'group-authorization-failed': 30,
  'cluster-authorization-failed': 31,
  'invalid-timestamp': 32,
  'unsupported-sasl-mechanism': 33,
  'unsupported-version': 35,
  'topic-exists': 36,
  'invalid-partitions': 37,
  'invalid-replication-factor': 38,
  'invalid-replica-assignment': 39,
  'invalid-config': 40,
  'invalid-filter': 40,
  'invalid-request': 42,
  'unsupported-format': 43,
  'policy-violation': 44,
  'out-of-order-sequence': 45,
  'duplicate-sequence': 46,
  'invalid-producer-epoch': 47,
  'invalid-transaction-state': 48,
  'invalid-producer-id-mapping': 49,
  'invalid-transaction-timeout': 50,
  'transactional-id-authorization-failed': 53,
  'security-disabled': 54,
  'storage-full': 56,
  'storage-failed': 56,
  'unknown-producer-id': 59,
  'group-not-empty': 68,
  'group-not-found': 69,
  'fetch-session-not-found': 70,
  'invalid-fetch-session-epoch': 71,
  'topic-deletion-disabled': 73,
  'fenced-leader-epoch': 74,
  'unknown-leader-epoch': 75,
  'unsupported-compression': 76,
  'member-id-required': 79,
  'group-max-size-reached': 81,
  'fenced-instance-id': 82,
  'group-subscribed-to-topic': 86,
  'invalid-record': 87,
  'unstable-offset-commit': 88,
  // Producers try again.
  'queue-full': 89,
  throttled: 89,
  'producer-fenced': 90,
  'resource-not-found': 91,
  'duplicate-resource': 92,
  'unacceptable-credential': 93,
  'invalid-update-version': 95,
  'unknown-topic-id': 100,
  'inconsistent-topic-id': 103,
  'transactional-id-not-found': 105,
  'fetch-session-topic-id-error': 106,
  'fenced-member-epoch': 110,
  'unreleased-instance-id': 111,
  'unsupported-assignor': 112,
  'stale-member-epoch': 113,
  'transaction-abortable': 120,
  'invalid-regular-expression': 128,
  'streams-invalid-topology': 130,
  'invalid-delivery': 121,
  'subscription-not-found': 69,
  'unknown-subscription-id': 117,
  'telemetry-too-large': 118,
};

/** As answers tell of an error; null: there is none. */
export function errorCodeOf(error: BrokerError | null): number {
  return error === null ? NO_ERROR : KAFKA_ERRORS[error.code];
}

/** As answers tell of an error in two fields; null: there is none. */
export function errorFields(error: BrokerError | null): {
  readonly errorCode: number;
  readonly errorMessage: string | null;
} {
  return { errorCode: errorCodeOf(error), errorMessage: error?.message ?? null };
}

/** Codes that only this adapter needs. */
export const INVALID_REQUIRED_ACKS = 21;
export const OPERATION_NOT_ATTEMPTED = 55;
export const LOG_DIR_NOT_FOUND = 57;
export const ELECTION_NOT_NEEDED = 84;
export const NO_REASSIGNMENT_IN_PROGRESS = 85;
export const BROKER_ID_NOT_REGISTERED = 102;
export const INCONSISTENT_CLUSTER_ID = 104;
/** An acknowledgement of what the consumer doesn't have, or not any more. */
export const INVALID_RECORD_STATE = 121;
export const SHARE_SESSION_NOT_FOUND = 122;
export const INVALID_SHARE_SESSION_EPOCH = 123;
export const SHARE_SESSION_LIMIT_REACHED = 133;
/** SaslHandshake or SaslAuthenticate where it has no place. */
export const ILLEGAL_SASL_STATE = 34;
export const SASL_AUTHENTICATION_FAILED = 58;
