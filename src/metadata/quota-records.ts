/** The stored form of client quotas: keys and values as records.ts lays them out. */
import { assert } from '../base/assert.ts';
import type { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import type { QuotaEntity, QuotaKey } from './quotas.ts';

export const KEY_QUOTA = 7;

const TYPE_USER = 1;
const TYPE_CLIENT_ID = 2;
const TYPE_IP = 3;

export function quotaKey({ user, clientId, ip }: QuotaEntity): Buffer {
  const named = [
    [TYPE_USER, user],
    [TYPE_CLIENT_ID, clientId],
    [TYPE_IP, ip],
  ] as const;
  const writer = new ByteWriter(64);
  writer.int8(KEY_QUOTA);
  writer.unsignedVarint(named.filter(([, name]) => name !== undefined).length);
  for (const [type, name] of named) {
    if (name === undefined) continue;
    writer.int8(type);
    writer.compactNullableString(name);
  }
  return writer.finishContiguous();
}

export function readQuotaEntity(key: ByteReader): QuotaEntity {
  const entity: { user?: string | null; clientId?: string | null; ip?: string | null } = {};
  let count = key.unsignedVarint();
  assert(count >= 1 && count <= 3, 'a quota is for someone');
  for (; count > 0; count--) {
    const type = key.uint8();
    const name = key.compactNullableString();
    if (type === TYPE_USER) entity.user = name;
    else if (type === TYPE_CLIENT_ID) entity.clientId = name;
    else if (type === TYPE_IP) entity.ip = name;
    else throw new Error(`a quota is for an entity of type ${type}, which is unknown to this version`);
  }
  return entity;
}

export function writeQuotaValues(writer: ByteWriter, values: ReadonlyMap<QuotaKey, number>): void {
  writer.unsignedVarint(values.size);
  for (const [key, value] of values) {
    writer.compactString(key);
    writer.float64(value);
  }
}

/** A key that this version doesn't know is kept: it limits nothing. */
export function readQuotaValues(reader: ByteReader): ReadonlyMap<QuotaKey, number> {
  const values = new Map<QuotaKey, number>();
  for (let count = reader.unsignedVarint(); count > 0; count--) {
    const key = reader.compactString() as QuotaKey;
    values.set(key, reader.float64());
  }
  return values;
}
