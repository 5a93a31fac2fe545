/**
 * The one table of operating errors. CONTRACT: each protocol maps it exhaustively to its own codes
 * (`protocol/<name>/errors.ts`); the message is a sentence that says what to do.
 */

export const BROKER_ERROR_CODES = [
  'unknown-server-error',
  'storage-full',
  'storage-failed',
  'shutting-down',
  'offset-out-of-range',
  'corrupt-batch',
  'invalid-record',
  'invalid-timestamp',
  'unsupported-format',
  'unsupported-compression',
  'batch-too-large',
  'unknown-topic',
  'unknown-topic-id',
  'inconsistent-topic-id',
  'topic-exists',
  'invalid-topic',
  'invalid-partitions',
  'invalid-replication-factor',
  'invalid-replica-assignment',
  'invalid-config',
  'invalid-filter',
  'invalid-request',
  'policy-violation',
  'not-enough-replicas',
  'fenced-leader-epoch',
  'unknown-leader-epoch',
  'out-of-order-sequence',
  'duplicate-sequence',
  'invalid-producer-epoch',
  'unknown-producer-id',
  'invalid-transaction-state',
  'invalid-producer-id-mapping',
  'invalid-transaction-timeout',
  'producer-fenced',
  'transactional-id-not-found',
  'transaction-abortable',
  'coordinator-loading',
  'coordinator-not-available',
  'not-coordinator',
  'invalid-group-id',
  'group-not-found',
  'group-not-empty',
  'group-max-size-reached',
  'group-subscribed-to-topic',
  'unknown-member',
  'member-id-required',
  'fenced-instance-id',
  'illegal-generation',
  'inconsistent-group-protocol',
  'invalid-session-timeout',
  'rebalance-in-progress',
  'offset-metadata-too-large',
  'invalid-commit-offset-size',
  'stale-member-epoch',
  'fenced-member-epoch',
  'unreleased-instance-id',
  'streams-invalid-topology',
  'unsupported-assignor',
  'invalid-regular-expression',
  'unstable-offset-commit',
  'fetch-session-not-found',
  'invalid-fetch-session-epoch',
  'fetch-session-topic-id-error',
  'request-timed-out',
  'topic-deletion-disabled',
  'unsupported-sasl-mechanism',
  'resource-not-found',
  'duplicate-resource',
  'unacceptable-credential',
  'unsupported-version',
  'invalid-update-version',
  'unknown-subscription-id',
  'telemetry-too-large',
  'throttled',
  'topic-authorization-failed',
  'group-authorization-failed',
  'cluster-authorization-failed',
  'transactional-id-authorization-failed',
  'security-disabled',
  'subscription-not-found',
  'invalid-delivery',
  'queue-full',
] as const;

export type BrokerErrorCode = (typeof BROKER_ERROR_CODES)[number];

/** Longest message, in characters: it may quote what a client sent, and has to fit into the string of an answer. */
const MESSAGE_CHARACTERS_MAX = 4096;

/** An operating error: bad input, a full disk, a lost peer. Never a bug of ours (that is an assertion). */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: BrokerErrorCode;
  constructor(code: BrokerErrorCode, message: string) {
    super(message.length > MESSAGE_CHARACTERS_MAX ? `${message.slice(0, MESSAGE_CHARACTERS_MAX)}…` : message);
    this.code = code;
  }
}
