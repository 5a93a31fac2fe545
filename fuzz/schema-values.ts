/**
 * Valid messages by chance, from the schema that the codec was generated from: a value in every field that the version
 * carries, its default in the others. What comes out is what the generated writers take.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  parseSchema,
  type SchemaField,
  type SchemaMessage,
  type VersionRange,
} from '../scripts/kafka-codec/parse-schema.mjs';
import type { Prng } from '../sim/prng.ts';

export type { SchemaMessage } from '../scripts/kafka-codec/parse-schema.mjs';

/** The project's folder, from the source as from the bundle. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

export function loadSchema(): SchemaMessage[] {
  const folder = join(projectRoot(), 'src/protocol/kafka/schema');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.schema'))
    .sort()
    .flatMap((name) => parseSchema(readFileSync(join(folder, name), 'utf8'), name));
}

const NUMBERS = [0, 1, -1, 2, 100];
const LIMITS: Readonly<Record<string, readonly number[]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  uint16: [65_535],
  int32: [-0x80000000, 0x7fffffff],
  uint32: [0xffffffff],
  int64: [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 33)],
};

/** A message for `version`. */
export function randomMessage(message: SchemaMessage, version: number, prng: Prng): object {
  return randomStruct(message, message.fields, { version, prng, depth: 0 });
}

interface Making {
  readonly version: number;
  readonly prng: Prng;
  readonly depth: number;
}

function randomStruct(message: SchemaMessage, fields: readonly SchemaField[], making: Making): object {
  const struct: Record<string, unknown> = {};
  for (const field of fields) {
    const known = contains(field.versions, making.version);
    struct[field.name] = known ? randomField(message, field, making) : defaultOf(field);
  }
  return struct;
}

function randomField(message: SchemaMessage, field: SchemaField, making: Making): unknown {
  const { version, prng, depth } = making;
  const mayBeNull = field.nullable !== undefined && contains(field.nullable, version);
  if (mayBeNull && prng.chance(0.2)) return null;
  const one = (): unknown => randomValue(message, field, making);
  if (!field.array) return one();
  const length = prng.chance(0.2) ? 0 : prng.int(depth > 1 ? 3 : 4);
  return Array.from({ length }, one);
}

function randomValue(message: SchemaMessage, field: SchemaField, making: Making): unknown {
  const { prng, version, depth } = making;
  switch (field.type) {
    case 'bool':
      return prng.chance(0.5);
    case 'uuid':
      return prng.bytes(16).toString('latin1');
    case 'string':
      return randomText(prng);
    case 'bytes':
    case 'records':
    case 'batches':
      return prng.bytes(prng.int(40));
    case 'float64':
      return prng.float();
  }
  const limits = LIMITS[field.type];
  if (limits !== undefined)
    return prng.chance(0.2)
      ? prng.pick(limits)
      : prng.pick(NUMBERS.filter((n) => n >= 0 || !field.type.startsWith('u')));
  const fields = message.structs.get(field.type);
  if (fields === undefined) throw new Error(`${message.name}: the type ${field.type} is unknown`);
  return randomStruct(message, fields, { version, prng, depth: depth + 1 });
}

function randomText(prng: Prng): string {
  if (prng.chance(0.1)) return '';
  if (prng.chance(0.1)) return 'ß→𝄞'.repeat(prng.between(1, 30));
  return 'topic-group-client_id.0123456789'.slice(prng.int(20), 20 + prng.int(12));
}

/** The value of a field in a version that doesn't carry it. */
function defaultOf(field: SchemaField): unknown {
  if (field.array) return field.nullable !== undefined && field.default === 'null' ? null : [];
  if (field.default === 'null') return null;
  if (field.default !== undefined)
    return field.default === 'true' ? true : field.default === 'false' ? false : Number(field.default);
  switch (field.type) {
    case 'bool':
      return false;
    case 'uuid':
      return '\0'.repeat(16);
    case 'string':
      return '';
    case 'bytes':
    case 'records':
    case 'batches':
      return Buffer.alloc(0);
  }
  return LIMITS[field.type] !== undefined || field.type === 'float64' ? 0 : null;
}

function contains(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max;
}
