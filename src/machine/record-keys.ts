/** Keys of machines' stored records: uint8 type, uint8 version, then what the record is of. */
import { type Uuid, writeUuid } from '../base/uuid.ts';

/** Of a name: its UTF-8 up to the end. */
export function textKey(type: number, version: number, text: string): Buffer {
  const key = Buffer.allocUnsafe(2 + Buffer.byteLength(text));
  key[0] = type;
  key[1] = version;
  key.write(text, 2, 'utf8');
  return key;
}

/** Of a topic: the 16 bytes of its id. */
export function topicKey(type: number, version: number, topicId: Uuid): Buffer {
  const key = Buffer.allocUnsafe(18);
  key[0] = type;
  key[1] = version;
  writeUuid(key, 2, topicId);
  return key;
}

/** Of something that has a number, up to 2^32 − 1: a uint32. */
export function numberKey(type: number, version: number, number: number): Buffer {
  const key = Buffer.allocUnsafe(6);
  key[0] = type;
  key[1] = version;
  key.writeUInt32BE(number, 2);
  return key;
}
