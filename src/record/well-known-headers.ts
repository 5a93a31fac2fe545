/**
 * The headers that several protocols have a field for, under one name each: what one protocol wrote in its own place,
 * another shows in its own (docs/protocols: each says which of its fields is which). Names are compared as bytes, with
 * case; where a record has a header twice, the last one counts. Values are UTF-8 text, numbers in decimal.
 */
export const WELL_KNOWN_HEADERS = {
  messageId: 'message-id',
  correlationId: 'correlation-id',
  replyTo: 'reply-to',
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
  /** Milliseconds from the record's timestamp on, after which it is not delivered any more. */
  ttlMs: 'ttl-ms',
  /** Milliseconds since 1970 before which the record isn't delivered. */
  deliverAtMs: 'deliver-at-ms',
  /** 0 to 255; a higher one is delivered first. */
  priority: 'priority',
  /** One tag a message, compared whole: docs/filters.md. */
  tag: 'tag',
  routingKey: 'routing-key',
  /** A second message with the same one, within a window of time, is not stored. */
  dedupId: 'dedup-id',
  /** The types of headers whose text doesn't tell them. */
  types: 'polylog-types',
  /** Where a dead letter comes from, and why it is one. */
  dlqTopic: 'dlq-topic',
  dlqPartition: 'dlq-partition',
  dlqOffset: 'dlq-offset',
  dlqSubscription: 'dlq-subscription',
  dlqReason: 'dlq-reason',
  /** How often it was delivered. */
  dlqDeliveries: 'dlq-deliveries',
  /** When it was first delivered, and when it was set aside; milliseconds since 1970. */
  dlqFirstAtMs: 'dlq-first-at-ms',
  dlqAtMs: 'dlq-at-ms',
} as const;
