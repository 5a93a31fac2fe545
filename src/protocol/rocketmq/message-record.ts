/**
 * A RocketMQ message as a Kafka record, and back (design: one message, docs/protocols/rocketmq.md has the table).
 *
 *   body            value, as it is encoded
 *   message group   key
 *   lite topic      key, and the header `rocketmq-type: lite`
 *   born timestamp  timestamp
 *   message id, tag, priority, delivery time, gzip   their well-known headers
 *   keys, born host, trace context                   headers `rocketmq-…`; a key is one header
 *   user properties headers of their names
 *
 * Guarantee: what a RocketMQ client wrote it reads back the same. A user property whose name is taken by one of the headers
 * above stands under `rocketmq-property-NAME`. What else a record has comes out as user properties: of a header that is there
 * twice the last one, bytes that are no UTF-8 with U+FFFD in their place. Where a dead letter comes from is told in both ways.
 */
import type { RecordInput } from '../../record/build.ts';
import {
  type RecordHeader,
  type RecordView,
  recordHeaders,
  recordKey,
  recordValue,
} from '../../record/walk.ts';
import { WELL_KNOWN_HEADERS } from '../../record/well-known-headers.ts';
import {
  ENCODING,
  MESSAGE_TYPE,
  type Message,
  newMessage,
  newSystemProperties,
  type Resource,
  type SystemProperties,
} from './codec/generated/messages.ts';
import { typeOf } from './message-type.ts';
import { fromMs, toMs } from './time.ts';

const { messageId, tag, contentEncoding, deliverAtMs, priority, dlqTopic } = WELL_KNOWN_HEADERS;

const OWN_PREFIX = 'rocketmq-';
const PROPERTY_PREFIX = 'rocketmq-property-';
const KEY = 'rocketmq-key';
const BORN_HOST = 'rocketmq-born-host';
const TRACE_CONTEXT = 'rocketmq-trace-context';
/** Of what can't be told from the other fields. */
const TYPE = 'rocketmq-type';
const TYPE_TRANSACTION = 'transaction';
const TYPE_LITE = 'lite';

const GZIP = 'gzip';
const EMPTY = Buffer.alloc(0);

/** Headers that are fields of RocketMQ's own. */
const FIELDS: ReadonlySet<string> = new Set([messageId, tag, contentEncoding, deliverAtMs, priority]);

/** `nowMs` is the timestamp of a message that has none. */
export function recordOf(message: Message, nowMs: number): RecordInput {
  const properties = message.systemProperties ?? newSystemProperties();
  const headers: RecordHeader[] = [];
  const add = (key: string, text: string | null): void => {
    if (text !== null && text !== '') headers.push({ key, value: Buffer.from(text) });
  };
  add(messageId, properties.messageId);
  add(tag, properties.tag);
  for (const key of properties.keys) add(KEY, key);
  if (properties.bodyEncoding === ENCODING.GZIP) add(contentEncoding, GZIP);
  if (properties.deliveryTimestamp !== null) add(deliverAtMs, String(toMs(properties.deliveryTimestamp)));
  if (properties.priority !== null) add(priority, String(properties.priority));
  add(TRACE_CONTEXT, properties.traceContext);
  add(BORN_HOST, properties.bornHost);
  if (properties.messageType === MESSAGE_TYPE.TRANSACTION) add(TYPE, TYPE_TRANSACTION);
  if (properties.liteTopic !== null) add(TYPE, TYPE_LITE);
  for (const [name, value] of message.userProperties) {
    const isTaken = FIELDS.has(name) || name.startsWith(OWN_PREFIX);
    headers.push({ key: isTaken ? PROPERTY_PREFIX + name : name, value: Buffer.from(value) });
  }
  const bornMs = toMs(properties.bornTimestamp);
  return {
    key: keyFor(properties),
    value: message.body,
    timestampMs: bornMs > 0 ? bornMs : nowMs,
    headers,
  };
}

/** What keeps its order. */
function keyFor({ messageGroup, liteTopic }: SystemProperties): Buffer | null {
  const key = liteTopic ?? messageGroup;
  return key === null ? null : Buffer.from(key);
}

/** Where a record was read. */
export interface RecordPlace {
  /** As the client calls it. */
  readonly topic: Resource;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
}

/** The message that a record is. Its body is a slice of `section`. Throws MalformedError where headers aren't well-formed. */
export function messageOf(section: Buffer, record: RecordView, place: RecordPlace): Message {
  const message = newMessage();
  const properties = newSystemProperties();
  message.topic = place.topic;
  message.systemProperties = properties;
  message.body = recordValue(section, record) ?? EMPTY;
  properties.bodyEncoding = ENCODING.IDENTITY;
  properties.queueId = place.partition;
  properties.queueOffset = place.offset;
  properties.bornTimestamp = fromMs(place.timestampMs);
  properties.storeTimestamp = properties.bornTimestamp;
  properties.messageGroup = recordKey(section, record)?.toString('utf8') ?? null;
  for (const { key, value } of recordHeaders(section, record)) {
    readHeader(message, key, value?.toString('utf8') ?? '');
  }
  if (properties.messageId === '') properties.messageId = placeId(place);
  if (properties.deadLetterQueue !== null) properties.deadLetterQueue.messageId = properties.messageId;
  if (properties.messageType === MESSAGE_TYPE.MESSAGE_TYPE_UNSPECIFIED)
    properties.messageType = typeOf(properties);
  return message;
}

function readHeader(message: Message, key: string, text: string): void {
  const properties = message.systemProperties!;
  switch (key) {
    case messageId:
      properties.messageId = text;
      return;
    case tag:
      properties.tag = text;
      return;
    case KEY:
      properties.keys.push(text);
      return;
    case BORN_HOST:
      properties.bornHost = text;
      return;
    case TRACE_CONTEXT:
      properties.traceContext = text;
      return;
    case contentEncoding:
      if (text === GZIP) properties.bodyEncoding = ENCODING.GZIP;
      else break;
      return;
    case deliverAtMs:
      if (isWhole(text)) properties.deliveryTimestamp = fromMs(Number(text));
      else break;
      return;
    case priority:
      if (isWhole(text)) properties.priority = Number(text);
      else break;
      return;
    case dlqTopic:
      properties.deadLetterQueue = { topic: text, messageId: '' };
      break;
    case TYPE:
      if (text === TYPE_TRANSACTION) properties.messageType = MESSAGE_TYPE.TRANSACTION;
      else if (text === TYPE_LITE && properties.messageGroup !== null) toLite(properties);
      else break;
      return;
  }
  message.userProperties.set(key.startsWith(PROPERTY_PREFIX) ? key.slice(PROPERTY_PREFIX.length) : key, text);
}

/** The key is a lite topic. */
export function toLite(properties: SystemProperties): void {
  properties.liteTopic = properties.messageGroup;
  properties.messageGroup = null;
  properties.messageType = MESSAGE_TYPE.LITE;
}

function isWhole(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

/** What a message without an id is called, as long as it is there. */
function placeId({ topic, partition, offset }: RecordPlace): string {
  return `${topic.name}-${partition}-${offset}`;
}
