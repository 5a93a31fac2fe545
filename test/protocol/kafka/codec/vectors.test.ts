/**
 * Bytes made by the Java client's own classes (conformance/codec-vectors): each must be read to the fields that the
 * client's JSON gives, and be written again byte for byte. Produce 0-2 are not there: the client doesn't know them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { SchemaField, SchemaMessage } from '../../../../scripts/kafka-codec/parse-schema.mjs';
import { ByteReader } from '../../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { type Uuid, uuidToString } from '../../../../src/base/uuid.ts';
import { loadCodecs, type Struct, versionsOf } from './schema.ts';

interface Vector {
  message: string;
  version: number;
  bytes: string;
  fields: Struct;
}

const vectors: Vector[] = gunzipSync(readFileSync(join(import.meta.dirname, 'vectors.jsonl.gz')))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

const codecs = await loadCodecs();

/** What we read, in the form of the client's JSON: only what the version carries, and no tagged field left out. */
function asJson(message: SchemaMessage, fields: SchemaField[], struct: Struct, version: number): Struct {
  const one = (field: SchemaField, value: unknown): unknown => {
    if (value === null) return null;
    const inner = message.structs.get(field.type);
    if (inner !== undefined) return asJson(message, inner, value as Struct, version);
    if (field.type === 'uuid') return uuidToString(value as Uuid);
    return field.type === 'bytes' ? (value as Buffer).toString('base64') : value;
  };
  const json: Struct = {};
  for (const field of fields) {
    if (version < field.versions.min || version > field.versions.max) continue;
    const value = struct[field.name];
    if (field.tag !== undefined && isDefault(field, value)) continue;
    if ((field.type === 'records' || field.type === 'batches') && value !== null) {
      json[`${field.name}SizeInBytes`] = (value as Buffer).length;
    } else if (field.array && value !== null) {
      json[field.name] = (value as unknown[]).map((item) => one(field, item));
    } else json[field.name] = one(field, value);
  }
  return json;
}

function isDefault(field: SchemaField, value: unknown): boolean {
  if (value === null) return true;
  if (field.array) return (value as unknown[]).length === 0;
  if (field.type === 'string') return value === (field.default ?? '');
  if (field.type === 'bool') return value === (field.default === 'true');
  if (field.type === 'uuid') return value === '\0'.repeat(16);
  return value === Number(field.default ?? 0);
}

/** Polylog's own request is no message of the Java client's. */
const ofKafka = codecs.filter(({ message }) => message.api !== 'PolylogAdmin');

describe.each(ofKafka.map((codec) => [codec.message.name, codec] as const))('%s', (name, codec) => {
  const known = versionsOf(codec.message).filter(
    (version) => !(codec.message.api === 'Produce' && version < 3),
  );

  test.each(known)('version %i is read and written as by the Java client', (version) => {
    const mine = vectors.filter((vector) => vector.message === name && vector.version === version);
    expect(mine.length).toBeGreaterThanOrEqual(3);
    const w = new ByteWriter();
    for (const vector of mine) {
      const bytes = Buffer.from(vector.bytes, 'base64');
      const r = new ByteReader(bytes);
      const message = codec.read(r, version);
      r.expectEnd();
      expect(asJson(codec.message, codec.message.fields, message, version)).toEqual(vector.fields);
      codec.write(w, message, version);
      expect(w.finishContiguous().toString('hex')).toBe(bytes.toString('hex'));
    }
  });
});

test('there is no vector of a version that the schema lacks', () => {
  const known = new Set(
    codecs.flatMap(({ message }) => versionsOf(message).map((v) => `${message.name} ${v}`)),
  );
  expect(vectors.filter((vector) => !known.has(`${vector.message} ${vector.version}`))).toEqual([]);
});
