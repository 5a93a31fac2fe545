/** The types of messages: which are taken, and how the fields of a message tell its type. */
import { MESSAGE_TYPE, type SystemProperties } from './codec/generated/messages.ts';

/** Clients that keep to the protocol send nothing else. */
export const ACCEPTED_TYPES: readonly number[] = [
  MESSAGE_TYPE.NORMAL,
  MESSAGE_TYPE.FIFO,
  MESSAGE_TYPE.DELAY,
  MESSAGE_TYPE.TRANSACTION,
  MESSAGE_TYPE.PRIORITY,
  MESSAGE_TYPE.LITE,
];

/** What the fields make of a message. A message in a transaction looks like a normal one. */
export function typeOf(properties: SystemProperties): number {
  if (properties.liteTopic !== null) return MESSAGE_TYPE.LITE;
  if (properties.messageGroup !== null) return MESSAGE_TYPE.FIFO;
  if (properties.deliveryTimestamp !== null) return MESSAGE_TYPE.DELAY;
  return properties.priority === null ? MESSAGE_TYPE.NORMAL : MESSAGE_TYPE.PRIORITY;
}
