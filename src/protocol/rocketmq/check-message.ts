/** What a message that is sent may be: the rules of the stock server and of its clients. */
import type { Crypto } from '../../platform/ports.ts';
import {
  CODE,
  DIGEST_TYPE,
  type Digest,
  MESSAGE_TYPE,
  type Message,
  type SystemProperties,
} from './codec/generated/messages.ts';
import {
  BODY_BYTES_MAX,
  ID_CHARACTERS_MAX,
  LITE_TOPIC_BYTES_MAX,
  MESSAGE_GROUP_BYTES_MAX,
  NAME_BYTES_MAX,
  PROPERTIES_BYTES_MAX,
  PROPERTIES_MAX,
} from './limits.ts';
import { ACCEPTED_TYPES, typeOf } from './message-type.ts';
import { Refusal } from './status.ts';
import { toMs } from './time.ts';

const HASHES = { [DIGEST_TYPE.MD5]: 'md5', [DIGEST_TYPE.SHA1]: 'sha1' } as const;

/** Why the message is refused; null: it is not. */
export function messageProblem(message: Message, crypto: Crypto): Refusal | null {
  const { systemProperties, body } = message;
  if (systemProperties === null)
    return new Refusal(CODE.BAD_REQUEST, 'The message has no system properties.');
  if (body.length === 0) return new Refusal(CODE.MESSAGE_BODY_EMPTY, 'The message has no body.');
  if (body.length > BODY_BYTES_MAX) {
    return new Refusal(
      CODE.MESSAGE_BODY_TOO_LARGE,
      `The body has ${body.length} bytes, more than ${BODY_BYTES_MAX}: send it in parts.`,
    );
  }
  return (
    fieldProblem(systemProperties) ??
    typeProblem(systemProperties) ??
    propertiesProblem(message) ??
    digestProblem(systemProperties.bodyDigest, body, crypto)
  );
}

function fieldProblem(properties: SystemProperties): Refusal | null {
  const { messageId, tag, keys, messageGroup, liteTopic } = properties;
  if (messageId === '' || messageId.length > ID_CHARACTERS_MAX) {
    const why = `The message needs an id of at most ${ID_CHARACTERS_MAX} characters.`;
    return new Refusal(CODE.ILLEGAL_MESSAGE_ID, why);
  }
  if (tag !== null && (tag.trim() === '' || tag.includes('|') || tooLong(tag, NAME_BYTES_MAX))) {
    return new Refusal(CODE.ILLEGAL_MESSAGE_TAG, 'A tag is not blank and has no "|".');
  }
  if (keys.some((key) => key.trim() === '' || tooLong(key, NAME_BYTES_MAX))) {
    return new Refusal(CODE.ILLEGAL_MESSAGE_KEY, 'A key is not blank.');
  }
  if (
    messageGroup !== null &&
    (messageGroup.trim() === '' || tooLong(messageGroup, MESSAGE_GROUP_BYTES_MAX))
  ) {
    const why = `A message group is not blank and has at most ${MESSAGE_GROUP_BYTES_MAX} bytes.`;
    return new Refusal(CODE.ILLEGAL_MESSAGE_GROUP, why);
  }
  return (
    scheduleProblem(properties) ??
    (liteTopic === null ? null : (liteTopicProblem(liteTopic) ?? liteFieldProblem(properties)))
  );
}

function scheduleProblem({ deliveryTimestamp, priority }: SystemProperties): Refusal | null {
  if (toMs(deliveryTimestamp) < 0)
    return new Refusal(CODE.ILLEGAL_DELIVERY_TIME, 'The delivery time is before 1970.');
  return priority === null || priority >= 0
    ? null
    : new Refusal(CODE.BAD_REQUEST, `The priority is ${priority}: it is 0 or more.`);
}

export function liteTopicProblem(liteTopic: string): Refusal | null {
  const isGood = liteTopic.trim() !== '' && liteTopic !== '*' && !tooLong(liteTopic, LITE_TOPIC_BYTES_MAX);
  if (isGood) return null;
  const why =
    liteTopic === '*'
      ? 'To read all lite topics of a topic take a consumer of the topic, with a group of its own.'
      : `A lite topic is not blank and has at most ${LITE_TOPIC_BYTES_MAX} bytes.`;
  return new Refusal(CODE.ILLEGAL_LITE_TOPIC, why);
}

/** The types of messages exclude each other. */
function liteFieldProblem({ messageGroup, deliveryTimestamp, priority }: SystemProperties): Refusal | null {
  if (messageGroup === null && deliveryTimestamp === null && priority === null) return null;
  const why = 'A message to a lite topic has no message group, no delivery time and no priority.';
  return new Refusal(CODE.MESSAGE_PROPERTY_CONFLICT_WITH_TYPE, why);
}

/**
 * A client says what a message is by its type and by its fields: they have to say the same. But Node's says of one with the priority 0
 * that it is NORMAL, or a TRANSACTION.
 */
function typeProblem(properties: SystemProperties): Refusal | null {
  const { messageType, priority } = properties;
  const implied = typeOf(priority === 0 ? { ...properties, priority: null } : properties);
  const isSame = messageType === implied || messageType === typeOf(properties);
  if (messageType !== MESSAGE_TYPE.MESSAGE_TYPE_UNSPECIFIED && !isSame) {
    const isTransaction = messageType === MESSAGE_TYPE.TRANSACTION && implied === MESSAGE_TYPE.NORMAL;
    if (!isTransaction) {
      const why = `The message says that its type is ${nameOf(messageType)}, and its fields make it ${nameOf(implied)}.`;
      return new Refusal(CODE.MESSAGE_PROPERTY_CONFLICT_WITH_TYPE, why);
    }
  }
  const type = messageType || implied;
  if (ACCEPTED_TYPES.includes(type)) return null;
  return new Refusal(CODE.UNSUPPORTED, `Messages of the type ${nameOf(type)} are not supported yet.`);
}

function nameOf(type: number): string {
  return Object.entries(MESSAGE_TYPE).find(([, value]) => value === type)?.[0] ?? String(type);
}

function propertiesProblem({ userProperties }: Message): Refusal | null {
  if (userProperties.size > PROPERTIES_MAX) {
    const why = `The message has ${userProperties.size} properties, more than ${PROPERTIES_MAX}.`;
    return new Refusal(CODE.MESSAGE_PROPERTIES_TOO_LARGE, why);
  }
  let bytes = 0;
  for (const [name, value] of userProperties) {
    if (name === '') return new Refusal(CODE.ILLEGAL_MESSAGE_PROPERTY_KEY, 'A property has no name.');
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes <= PROPERTIES_BYTES_MAX) return null;
  const why = `The properties have ${bytes} bytes, more than ${PROPERTIES_BYTES_MAX}.`;
  return new Refusal(CODE.MESSAGE_PROPERTIES_TOO_LARGE, why);
}

/** Of CRC32 nothing is said: clients write it in different ways. */
function digestProblem(digest: Digest | null, body: Buffer, crypto: Crypto): Refusal | null {
  if (digest === null || digest.checksum === '') return null;
  const hash = HASHES[digest.type as keyof typeof HASHES];
  if (hash === undefined || crypto.hash(hash, body).toString('hex') === digest.checksum.toLowerCase())
    return null;
  return new Refusal(CODE.MESSAGE_CORRUPTED, 'The body is not what its digest says: send it again.');
}

function tooLong(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || Buffer.byteLength(text) > bytesMax;
}
