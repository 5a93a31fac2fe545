/**
 * Generates src/protocol/rocketmq/codec/generated/messages.ts from src/protocol/rocketmq/schema/messaging.proto: for each
 * enum a table, for each message an interface, a maker of an empty one, a reader and a writer.
 *
 *   node scripts/generate-rocketmq-codec.mjs            writes the file
 *   node scripts/generate-rocketmq-codec.mjs --check    exits 1 where what is checked in differs
 *
 * Fields that tell whether they are there (messages, `optional`, those of a oneof) are null where they aren't; all others
 * have proto3's defaults. The schema is read by protobufjs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const root = join(fileURLToPath(import.meta.url), '..', '..');
const schema = join(root, 'src/protocol/rocketmq/schema/messaging.proto');
const output = join(root, 'src/protocol/rocketmq/codec/generated/messages.ts');

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** TypeScript's type, the default, the wire type, and the names of what reads and writes it. */
const SCALARS = {
  int32: { ts: 'number', zero: '0', wire: VARINT, read: 'int32', write: 'int' },
  int64: { ts: 'number', zero: '0', wire: VARINT, read: 'int64', write: 'int' },
  enum: { ts: 'number', zero: '0', wire: VARINT, read: 'int32', write: 'int' },
  bool: { ts: 'boolean', zero: 'false', wire: VARINT, read: 'bool', write: 'bool' },
  float: { ts: 'number', zero: '0', wire: FIXED_32, read: 'float', write: 'float' },
  string: { ts: 'string', zero: "''", wire: LENGTH_DELIMITED, read: 'string', write: 'string' },
  bytes: { ts: 'Buffer', zero: 'NO_BYTES', wire: LENGTH_DELIMITED, read: 'bytes', write: 'bytes' },
};

const capitals = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
const upperFirst = (name) => name[0].toUpperCase() + name.slice(1);

/** Messages and enums, nested ones too, in the order of the schema; those of Google's that it uses first. */
function load() {
  const loaded = new protobuf.Root();
  loaded.loadSync(schema);
  loaded.resolveAll();
  const messages = ['Duration', 'Timestamp'].map((name) => loaded.lookupType(`google.protobuf.${name}`));
  const enums = [];
  const visit = (object, prefix) => {
    if (object instanceof protobuf.Enum) enums.push({ name: prefix + object.name, values: object.values });
    else if (object instanceof protobuf.Type) {
      for (const nested of object.nestedArray) visit(nested, object.name);
      messages.push(object);
    }
  };
  for (const object of loaded.lookup('apache.rocketmq.v2').nestedArray) visit(object, '');
  return { messages, enums };
}

/** What the emitters need of a field. */
function describe(field) {
  const { resolvedType } = field;
  const isMessage = resolvedType instanceof protobuf.Type;
  const kind = resolvedType instanceof protobuf.Enum ? 'enum' : field.type;
  const scalar = isMessage ? null : SCALARS[kind];
  if (!isMessage && scalar === undefined)
    throw new Error(`${field.fullName}: the type ${field.type} is not known`);
  if (field.map && (field.keyType !== 'string' || field.type !== 'string')) {
    throw new Error(`${field.fullName}: maps are of strings`);
  }
  return {
    name: field.name,
    isMap: field.map === true,
    isList: field.repeated,
    isMessage,
    scalar,
    type: isMessage ? resolvedType.name : scalar.ts,
    isNullable: !field.repeated && !field.map && (isMessage || field.partOf != null),
    /** Of a oneof: only one of them is there. */
    others: field.partOf?.oneof.filter((name) => name !== field.name) ?? [],
    tag: (wire) => field.id * 8 + wire,
  };
}

function fieldsOf(message) {
  return message.fieldsArray.map((field) => describe(field));
}

const typeOf = (field) => {
  if (field.isMap) return 'Map<string, string>';
  if (field.isList) return `${field.type}[]`;
  return field.isNullable ? `${field.type} | null` : field.type;
};

const defaultOf = (field) => {
  if (field.isMap) return 'new Map()';
  if (field.isList) return '[]';
  return field.isNullable ? 'null' : field.scalar.zero;
};

function emitEnum({ name, values }) {
  const rows = Object.entries(values).map(([key, value]) => `  ${key}: ${value},`);
  return [`export const ${capitals(name)} = {`, ...rows, '} as const;', ''];
}

function emitRead(field) {
  const target = `value.${field.name}`;
  const clear = field.others.map((other) => `value.${other} = null;`);
  const lines = (wire, body) => [
    `      case ${field.tag(wire)}:`,
    ...[...body, 'break;'].map((line) => `        ${line}`),
  ];
  if (field.isMap) return lines(LENGTH_DELIMITED, [`reader.entry(${target});`]);
  if (field.isMessage) {
    const read = `read${field.type}(reader)`;
    const store = field.isList
      ? ['reader.countElement();', 'end = reader.enter();', `${target}.push(${read});`]
      : [...clear, 'end = reader.enter();', `${target} = ${read};`];
    return lines(LENGTH_DELIMITED, [...store, 'reader.leave(end);']);
  }
  const read = `reader.${field.scalar.read}()`;
  if (!field.isList) return lines(field.scalar.wire, [...clear, `${target} = ${read};`]);
  const one = lines(field.scalar.wire, ['reader.countElement();', `${target}.push(${read});`]);
  if (field.scalar.wire === LENGTH_DELIMITED) return one;
  const packed = [
    'end = reader.enter();',
    'while (reader.remaining > 0) {',
    '  reader.countElement();',
    `  ${target}.push(${read});`,
    '}',
    'reader.leave(end);',
  ];
  return [...one, ...lines(LENGTH_DELIMITED, packed)];
}

function emitWrite(field) {
  const source = `value.${field.name}`;
  if (field.isMap) return [`  writer.entries(${field.tag(LENGTH_DELIMITED)}, ${source});`];
  if (field.isMessage) {
    const nested = (what) => [
      `    const mark = writer.begin(${field.tag(LENGTH_DELIMITED)});`,
      `    write${field.type}(writer, ${what});`,
      '    writer.end(mark);',
      '  }',
    ];
    return field.isList
      ? [`  for (const one of ${source}) {`, ...nested('one')]
      : [`  if (${source} !== null) {`, ...nested(source)];
  }
  const { write, wire } = field.scalar;
  const always = `always${upperFirst(write)}(${field.tag(wire)}`;
  if (field.isList) return [`  for (const one of ${source}) writer.${always}, one);`];
  if (field.isNullable) return [`  if (${source} !== null) writer.${always}, ${source});`];
  return [`  writer.${write}(${field.tag(wire)}, ${source});`];
}

function emitMessage(message) {
  const { name } = message;
  const fields = fieldsOf(message);
  const needsEnd = fields.some((f) => f.isMessage || (f.isList && f.scalar.wire !== LENGTH_DELIMITED));
  if (fields.length === 0) throw new Error(`${name} has no fields`);
  return [
    `export interface ${name} {`,
    ...fields.map((field) => `  ${field.name}: ${typeOf(field)};`),
    '}',
    '',
    `export function new${name}(): ${name} {`,
    '  return {',
    ...fields.map((field) => `    ${field.name}: ${defaultOf(field)},`),
    '  };',
    '}',
    '',
    `export function read${name}(reader: WireReader): ${name} {`,
    `  const value = new${name}();`,
    ...(needsEnd ? ['  let end = 0;'] : []),
    '  while (reader.remaining > 0) {',
    '    const tag = reader.tag();',
    '    switch (tag) {',
    ...fields.flatMap(emitRead),
    '      default:',
    '        reader.skip(tag);',
    '    }',
    '  }',
    '  return value;',
    '}',
    '',
    `export function write${name}(writer: WireWriter, value: ${name}): void {`,
    ...fields.flatMap(emitWrite),
    '}',
    '',
  ];
}

function generate() {
  const { messages, enums } = load();
  return [
    '/**',
    ` * Generated by scripts/${relative(join(root, 'scripts'), fileURLToPath(import.meta.url))} from ../../schema/messaging.proto.`,
    ' * Change that instead, and run `npm run codec`.',
    ' */',
    "import type { WireReader, WireWriter } from '../wire.ts';",
    '',
    'const NO_BYTES = Buffer.alloc(0);',
    '',
    ...enums.flatMap(emitEnum),
    ...messages.flatMap(emitMessage),
  ].join('\n');
}

const text = generate();
const name = relative(root, output);
if (process.argv.includes('--check')) {
  if (readFileSync(output, 'utf8') !== text) {
    console.error(`${name} differs from its schema. Run npm run codec.`);
    process.exit(1);
  }
  console.log('The generated RocketMQ codec is up to date.');
} else {
  mkdirSync(join(output, '..'), { recursive: true });
  writeFileSync(output, text);
  console.log(`Wrote ${name}.`);
}
