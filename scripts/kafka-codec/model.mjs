/**
 * What the emitter needs to know of a parsed message: its structures with their full names, the versions in which
 * each occurs, the TypeScript type and default of a field, and how few bytes a structure can take.
 */
import { PRIMITIVES } from './parse-schema.mjs';
import { covers, intersect } from './versions.mjs';

const FIXED_BYTES = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};
const TYPES = {
  bool: 'boolean',
  string: 'string',
  bytes: 'Buffer',
  records: 'Buffer',
  batches: 'Buffer | readonly Buffer[]',
  uuid: 'Uuid',
};

export const fixedBytes = (field) => (field.array ? undefined : FIXED_BYTES[field.type]);
export const isStruct = (field) => !PRIMITIVES.has(field.type);
export const isRecords = (field) => field.type === 'records' || field.type === 'batches';
export const structName = (message, field) => message.name + field.type;

/** Structures of a message, inner ones first, the message itself last: [{ name, fields, versions }]. */
export function structuresOf(message) {
  const versions = new Map();
  const visit = (fields, known) => {
    for (const field of fields) {
      const used = intersect(field.versions, known);
      if (!isStruct(field) || used === undefined) continue;
      const before = versions.get(field.type);
      const all = before
        ? { min: Math.min(before.min, used.min), max: Math.max(before.max, used.max) }
        : used;
      versions.set(field.type, all);
      visit(message.structs.get(field.type), used);
    }
  };
  visit(message.fields, message.versions);
  const inner = [...message.structs].filter(([name]) => versions.has(name));
  return [
    ...inner.map(([name, fields]) => ({ name: message.name + name, fields, versions: versions.get(name) })),
    { name: message.name, fields: message.fields, versions: message.versions },
  ];
}

/** Whether the field's type in TypeScript has null. A tagged structure is null where it isn't sent. */
export function isNullable(field, known) {
  if (isRecords(field) && !field.array) return true;
  if (field.tag !== undefined && isStruct(field) && !field.array) return true;
  return (
    field.default === 'null' ||
    (field.nullable !== undefined && intersect(field.nullable, known) !== undefined)
  );
}

/** Whether null may be on the wire in all of `piece`. */
export function nullOnWire(field, piece) {
  return covers(field.nullable, piece);
}

export function typeOf(message, field, known) {
  const one = isStruct(field) ? structName(message, field) : (TYPES[field.type] ?? 'number');
  const type = field.array ? `${one}[]` : one;
  return isNullable(field, known) ? `${type} | null` : type;
}

/** The default as an expression. */
export function defaultOf(message, field, known) {
  if (field.default === 'null') return 'null';
  if (field.array) return '[]';
  if (isStruct(field))
    return isNullable(field, known) && field.tag !== undefined
      ? 'null'
      : `default${structName(message, field)}()`;
  if (isRecords(field)) return 'null';
  if (field.type === 'bytes') return 'EMPTY_BYTES';
  if (field.type === 'string') return `'${field.default ?? ''}'`;
  if (field.type === 'uuid') return 'ZERO_UUID';
  if (field.type === 'bool') return field.default ?? 'false';
  if (field.default === '9223372036854775807') return '2 ** 63';
  return field.default ?? '0';
}

/** The condition that `expression` is not the field's default; undefined where that can't be told. */
export function differsFromDefault(message, field, known, expression) {
  const value = defaultOf(message, field, known);
  if (value === 'null') return `${expression} !== null`;
  if (field.array || field.type === 'bytes') {
    return isNullable(field, known) ? `${expression}?.length !== 0` : `${expression}.length !== 0`;
  }
  if (isStruct(field)) return undefined;
  if (field.type === 'bool') return value === 'true' ? `!${expression}` : expression;
  return `${expression} !== ${value}`;
}

/** The fewest bytes that one element of the field's type takes in any version of `piece`. */
export function elementBytesMin(message, field, piece) {
  let least = Number.POSITIVE_INFINITY;
  for (let version = piece.min; version <= piece.max; version++) {
    least = Math.min(least, oneBytesMin(message, field, version));
  }
  if (!(least >= 1)) throw new Error(`${field.where}: elements of no bytes`);
  return least;
}

function oneBytesMin(message, field, version) {
  const flexible = message.flexible !== undefined && version >= message.flexible.min;
  if (FIXED_BYTES[field.type] !== undefined) return FIXED_BYTES[field.type];
  if (field.type === 'string') return flexible ? 1 : 2;
  if (!isStruct(field)) return flexible ? 1 : 4;
  let bytes = flexible ? 1 : 0;
  for (const inner of message.structs.get(field.type)) {
    if (inner.tag !== undefined || version < inner.versions.min || version > inner.versions.max) continue;
    if (inner.array) bytes += flexible ? 1 : 4;
    else if (isStruct(inner) && inner.nullable !== undefined) bytes += 1;
    else bytes += oneBytesMin(message, inner, version);
  }
  return bytes;
}
