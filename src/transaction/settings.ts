/** Settings of the transaction coordinator, with Kafka's meaning and defaults; Kafka's names stand beside them. */

export interface TransactionSettings {
  /** `transaction.max.timeout.ms`: the longest timeout that a producer may ask for. */
  readonly timeoutMaxMs: number;
  /** `transactional.id.expiration.ms`: how long an id is remembered that isn't used. */
  readonly idExpirationMs: number;
  /** `transaction.remove.expired.transaction.cleanup.interval.ms`: how often such ids are looked for. */
  readonly idExpirationCheckMs: number;
  /** `polylog.transactional.ids.max`: most transactional ids that are remembered. */
  readonly idsMax: number;
}
