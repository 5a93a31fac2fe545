/** The parsed schema, with each message's generated functions, and random messages of any version. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  parseSchema,
  type SchemaField,
  type SchemaMessage,
} from '../../../../scripts/kafka-codec/parse-schema.mjs';
import type { ByteReader } from '../../../../src/base/byte-reader.ts';
import type { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { uuidFromBytes, ZERO_UUID } from '../../../../src/base/uuid.ts';

export type Struct = Record<string, unknown>;

export interface Codec {
  message: SchemaMessage;
  read(r: ByteReader, version: number): Struct;
  write(w: ByteWriter, m: Struct, version: number): void;
  defaults(): Struct;
}

const root = join(import.meta.dirname, '../../../../src/protocol/kafka');

/** Every message of the schema. */
export async function loadCodecs(): Promise<Codec[]> {
  const codecs: Codec[] = [];
  for (const file of readdirSync(join(root, 'schema')).filter((name) => name.endsWith('.schema'))) {
    const module = (await import(join(root, 'codec/generated', file.replace('.schema', '.ts')))) as Record<
      string,
      never
    >;
    for (const message of parseSchema(readFileSync(join(root, 'schema', file), 'utf8'), file)) {
      codecs.push({
        message,
        read: module[`read${message.name}`]!,
        write: module[`write${message.name}`]!,
        defaults: module[`default${message.name}`]!,
      });
    }
  }
  return codecs;
}

export function versionsOf(message: SchemaMessage): number[] {
  const { min, max } = message.versions;
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}

const within = (range: { min: number; max: number } | undefined, version: number) =>
  range !== undefined && version >= range.min && version <= range.max;

/** Whether null is the field's value where it isn't sent. */
const nullByDefault = (field: SchemaField, struct: boolean) =>
  field.default === 'null' ||
  (!field.array && (field.type === 'records' || field.type === 'batches')) ||
  (struct && !field.array && field.tag !== undefined);

/** `next(n)` gives an integer from 0 to n - 1. */
export type Next = (n: number) => number;

/** A deterministic source of small integers. */
export function randomOf(seed: number): Next {
  let state = seed >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/** A message whose fields are random where `version` carries them, and defaults elsewhere. */
export function randomMessage(message: SchemaMessage, version: number, next: Next): Struct {
  const primitive = (field: SchemaField): unknown => {
    const pick = <T>(...values: T[]): T => values[next(values.length)]!;
    switch (field.type) {
      case 'bool':
        return next(2) === 1;
      case 'int8':
        return pick(0, 1, -1, 127, -128, next(256) - 128);
      case 'int16':
        return pick(0, -1, 32767, -32768, next(65536) - 32768);
      case 'uint16':
        return next(65536);
      case 'int32':
        return pick(0, -1, 2147483647, -2147483648, next(2 ** 32) | 0);
      case 'uint32':
        return next(2 ** 32);
      case 'int64':
        return pick(
          0,
          -1,
          1,
          Number.MAX_SAFE_INTEGER,
          Number.MIN_SAFE_INTEGER,
          next(2 ** 32) * (next(2 ** 20) - 2 ** 19) + next(2 ** 31),
        );
      case 'float64':
        return pick(0, -1.5, Math.PI, Number.MAX_VALUE);
      case 'uuid':
        return pick(ZERO_UUID, uuidFromBytes(Buffer.from(Array.from({ length: 16 }, () => next(256)))));
      case 'string':
        return pick(
          '',
          'a',
          'orders-42',
          'überströmt',
          '消息🙂',
          'x'.repeat(next(300)),
          'ä'.repeat(next(80)),
        );
      default:
        return Buffer.alloc(pick(0, 1, next(100), next(3000)), next(256));
    }
  };
  const one = (field: SchemaField): unknown => {
    const inner = message.structs.get(field.type);
    return inner === undefined ? primitive(field) : struct(inner);
  };
  const value = (field: SchemaField): unknown => {
    const isStruct = message.structs.has(field.type);
    if (!within(field.versions, version)) return defaultOf(field, isStruct);
    if (field.tag !== undefined && next(2) === 0) return defaultOf(field, isStruct);
    if (within(field.nullable, version) && next(4) === 0) return null;
    if (field.array) return Array.from({ length: next(4) }, () => one(field));
    return one(field);
  };
  const defaultOf = (field: SchemaField, isStruct: boolean): unknown => {
    if (nullByDefault(field, isStruct)) return null;
    if (field.array) return [];
    if (isStruct) return struct(message.structs.get(field.type)!);
    if (field.type === 'string') return field.default ?? '';
    if (field.type === 'bool') return field.default === 'true';
    if (field.type === 'uuid') return ZERO_UUID;
    return field.type === 'bytes' ? Buffer.alloc(0) : Number(field.default ?? 0);
  };
  // Fields that no version of the message carries are not in the generated types.
  const carried = (field: SchemaField) =>
    field.versions.min <= message.versions.max && field.versions.max >= message.versions.min;
  const struct = (fields: SchemaField[]): Struct =>
    Object.fromEntries(fields.filter(carried).map((field) => [field.name, value(field)]));
  return struct(message.fields);
}
