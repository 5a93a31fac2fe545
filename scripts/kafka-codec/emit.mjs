/** TypeScript for one schema file: interfaces, defaults, readers and writers, straight-line with version branches. */
import {
  defaultOf,
  differsFromDefault,
  elementBytesMin,
  fixedBytes,
  isNullable,
  isRecords,
  isStruct,
  nullOnWire,
  structName,
  structuresOf,
  typeOf,
} from './model.mjs';
import { branches, condition, covers, intersect, pieces, ternary } from './versions.mjs';

const SIMPLE = {
  bool: 'boolean',
  int8: 'int8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  float64: 'float64',
  uuid: 'uuid',
};
const capital = (name) => name[0].toUpperCase() + name.slice(1);

/** The whole file. `source` is the schema's file name. */
export function emitFile(messages, source) {
  const body = messages.map(emitMessage).join('\n');
  const need = (name) => new RegExp(`\\b${name}\\b`).test(body);
  const support = ['EMPTY_BYTES', 'NullFieldError', 'present', 'UnsupportedFieldError'].filter(need);
  const imports = [
    "import type { ByteReader } from '../../../../base/byte-reader.ts';",
    "import type { ByteWriter } from '../../../../base/byte-writer.ts';",
    need('Uuid') && !need('ZERO_UUID') ? "import type { Uuid } from '../../../../base/uuid.ts';" : '',
    need('ZERO_UUID') ? "import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';" : '',
    support.length > 0 ? `import { ${support.join(', ')} } from '../support.ts';` : '',
  ];
  return `/**
 * Generated from schema/${source} by \`npm run codec\`. Do not edit: change the schema.
 *
 * ${messages[0].about}
 */
${imports.filter(Boolean).join('\n')}

${body}`;
}

function emitMessage(message) {
  const parts = [];
  for (const struct of structuresOf(message)) {
    parts.push(
      emitInterface(message, struct),
      emitDefault(message, struct),
      emitRead(message, struct),
      emitWrite(message, struct),
    );
  }
  return parts.join('\n');
}

const inVersions = (struct) => struct.fields.filter((field) => intersect(field.versions, struct.versions));

function rangeText(range, all) {
  const common = intersect(range, all);
  if (common === undefined || covers(range, all)) return '';
  if (common.min === common.max) return `${common.min}`;
  return common.max === all.max ? `${common.min}+` : `${common.min}-${common.max}`;
}

function emitInterface(message, struct) {
  const lines = inVersions(struct).map((field) => {
    const notes = [];
    const versions = rangeText(field.versions, message.versions);
    if (versions !== '') notes.push(`versions ${versions}`);
    if (field.tag !== undefined) notes.push(`tag ${field.tag}`);
    if (field.nullable && intersect(field.nullable, struct.versions)) {
      notes.push(`null in ${rangeText(field.nullable, field.versions) || 'all'}`);
    }
    if (field.ignorable && versions !== '') notes.push('ignorable');
    if (field.default !== undefined) notes.push(`default ${field.default}`);
    const note = notes.length > 0 ? `  /** ${capital(notes.join(', '))}. */\n` : '';
    return `${note}  ${field.name}: ${typeOf(message, field, struct.versions)};\n`;
  });
  return `export interface ${struct.name} {\n${lines.join('')}}\n`;
}

function emitDefault(message, struct) {
  const lines = inVersions(struct).map((f) => `    ${f.name}: ${defaultOf(message, f, struct.versions)},\n`);
  return `/** With the default in every field. */
export function default${struct.name}(): ${struct.name} {\n  return {\n${lines.join('')}  };\n}\n`;
}

// Reading

function emitRead(message, struct) {
  const known = struct.versions;
  const fields = inVersions(struct);
  const lines = fields.flatMap((field) => readField(message, field, known));
  lines.push(
    ...readTags(
      message,
      fields.filter((f) => f.tag !== undefined),
      known,
    ),
  );
  const names = fields.map((f) => f.name).join(', ');
  return `export function read${struct.name}(r: ByteReader, version: number): ${struct.name} {
${lines.map((line) => `  ${line}\n`).join('')}  return { ${names} };\n}\n`;
}

function readField(message, field, known) {
  const type = typeOf(message, field, known);
  const initial = defaultOf(message, field, known);
  if (field.tag !== undefined) return [`let ${field.name}: ${type} = ${initial};`];
  const when = condition(field.versions, known);
  const used = intersect(field.versions, known);
  if (field.array) {
    const body = readArray(message, field, used);
    const keyword = initial === '[]' && !isNullable(field, used) ? 'const' : 'let';
    if (when === 'true') return [`${keyword} ${field.name}: ${type} = [];`, ...body];
    // Where the default is null, an array is needed before elements are read.
    const start = initial === '[]' ? [] : [`${field.name} = [];`];
    return [
      `${keyword} ${field.name}: ${type} = ${initial};`,
      `if (${when}) {`,
      ...indent([...start, ...body]),
      '}',
    ];
  }
  const value = readValue(message, field, used);
  const whole =
    when === 'true' ? value : `${when} ? ${value.includes('?') ? `(${value})` : value} : ${initial}`;
  return [`const ${field.name}: ${type} = ${whole};`];
}

const indent = (lines) => lines.map((line) => `  ${line}`);

function readValue(message, field, used) {
  const ranges = [message.flexible, field.nullable];
  return ternary(
    pieces(used, ranges, (piece) => {
      const flexible = covers(message.flexible, piece);
      const nullable = nullOnWire(field, piece);
      if (isStruct(field)) {
        const read = `read${structName(message, field)}(r, version)`;
        return nullable ? `(r.int8() < 0 ? null : ${read})` : read;
      }
      if (SIMPLE[field.type]) return `r.${SIMPLE[field.type]}()`;
      const what = field.type === 'string' ? 'String' : 'Bytes';
      const name = `${flexible ? 'compact' : ''}${nullable ? 'Nullable' : ''}${what}`;
      return `r.${name[0].toLowerCase()}${name.slice(1)}()`;
    }),
  );
}

function readArray(message, field, used) {
  const count = ternary(
    pieces(used, [message.flexible, field.nullable], (piece) => {
      const name = `${covers(message.flexible, piece) ? 'compact' : ''}${nullOnWire(field, piece) ? 'Nullable' : ''}ArrayLength`;
      return `r.${name[0].toLowerCase()}${name.slice(1)}(${elementBytesMin(message, field, piece)})`;
    }),
  );
  const counter = `${field.name}Count`;
  const one = readValue(message, { ...field, array: false, nullable: undefined }, used);
  const loop = `for (let i = 0; i < ${counter}; i++) ${field.name}.push(${one});`;
  const nullable = field.nullable !== undefined && intersect(field.nullable, used) !== undefined;
  const lines = [`const ${counter} = ${count};`];
  lines.push(nullable ? `if (${counter} < 0) ${field.name} = null;\n  else ${loop}` : loop);
  return lines;
}

function readTags(message, tagged, known) {
  const flexible = condition(message.flexible, known);
  if (flexible === 'false') return [];
  const when = flexible === 'true' ? '' : `if (${flexible}) `;
  if (tagged.length === 0) return [`${when}r.skipTaggedFields();`];
  const inside = message.flexible && intersect(message.flexible, known);
  const lines = [
    'for (let tags = r.taggedFieldCount(); tags > 0; tags--) {',
    '  const tag = r.unsignedVarint();',
  ];
  tagged.forEach((field, i) => {
    const valid = condition(field.versions, inside);
    const test = valid === 'true' ? `tag === ${field.tag}` : `tag === ${field.tag} && ${valid}`;
    const used = intersect(field.versions, inside);
    lines.push(`  ${i > 0 ? '} else ' : ''}if (${test}) {`, '    const end = r.enterTaggedField();');
    if (field.array)
      lines.push(`    ${field.name} = [];`, ...indent(indent(readArray(message, field, used))));
    else lines.push(`    ${field.name} = ${readValue(message, field, used)};`);
    lines.push('    r.leaveTaggedField(end);');
  });
  lines.push('  } else r.skipTaggedField();', '}');
  return when === '' ? lines : [`${when}{`, ...indent(lines), '}'];
}

// Writing

function emitWrite(message, struct) {
  const fields = inVersions(struct);
  const lines = [];
  for (const field of fields) lines.push(...writeField(message, struct, field));
  lines.push(
    ...writeTags(
      message,
      struct,
      fields.filter((f) => f.tag !== undefined),
    ),
  );
  return `export function write${struct.name}(w: ByteWriter, m: ${struct.name}, version: number): void {
${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

function writeField(message, struct, field) {
  const known = struct.versions;
  const label = `'${struct.name}.${field.name}'`;
  const when = condition(field.versions, known);
  const differs = differsFromDefault(message, field, known, `m.${field.name}`);
  const refuse =
    field.ignorable || differs === undefined
      ? ''
      : `if (${differs}) throw new UnsupportedFieldError(${label}, version);`;
  if (field.tag !== undefined) {
    if (when === 'true' || refuse === '') return [];
    return [`if (!(${when})) {`, `  ${refuse}`, '}'];
  }
  const used = intersect(field.versions, known);
  const body = writeBody(message, field, { used, known, label, writer: 'w' });
  if (when === 'true') return body;
  const end = refuse === '' ? '}' : `} else ${refuse}`;
  return [`if (${when}) {`, ...indent(body), end];
}

/** Statements that write m.field in `used` versions. */
function writeBody(message, field, { used, known, label, writer }) {
  const expression = `m.${field.name}`;
  const typeNullable = isNullable(field, known);
  if (field.array) return writeArray(message, field, { used, label, writer, typeNullable });
  if (isStruct(field)) {
    const write = `write${structName(message, field)}`;
    if (!typeNullable || field.tag !== undefined) return [`${write}(${writer}, ${expression}, version);`];
    const none = branches(
      pieces(used, [field.nullable], (p) =>
        nullOnWire(field, p) ? `${writer}.int8(-1);` : `throw new NullFieldError(${label}, version);`,
      ),
    );
    const some = branches(
      pieces(
        used,
        [field.nullable],
        (p) =>
          `${nullOnWire(field, p) ? `${writer}.int8(1); ` : ''}${write}(${writer}, ${expression}, version);`,
      ),
    );
    return [`if (${expression} === null) { ${none} } else { ${some} }`];
  }
  return [
    branches(
      pieces(used, [message.flexible, field.nullable], (p) =>
        writeOne(message, field, p, { expression, label, writer, typeNullable }),
      ),
    ),
  ];
}

/** One statement that writes a value of a primitive type. */
function writeOne(message, field, piece, { expression, label, writer, typeNullable }) {
  const flexible = covers(message.flexible, piece);
  const nullable = nullOnWire(field, piece);
  if (SIMPLE[field.type])
    return `${writer}.${SIMPLE[field.type].replace(/^uint(16|32)/, 'int$1')}(${expression});`;
  const value = typeNullable && !nullable ? `present(${expression}, ${label}, version)` : expression;
  if (isRecords(field)) return `${writer}.${flexible ? 'compactBytesRef' : 'bytesRef'}(${value});`;
  const what = field.type === 'string' ? 'String' : 'Bytes';
  const name = `${flexible ? 'compact' : ''}${nullable ? 'Nullable' : ''}${what}`;
  return `${writer}.${name[0].toLowerCase()}${name.slice(1)}(${value});`;
}

function writeArray(message, field, { used, label, writer, typeNullable }) {
  const list = `m.${field.name}`;
  const length = (value) =>
    branches(
      pieces(
        used,
        [message.flexible],
        (p) => `${writer}.${covers(message.flexible, p) ? 'compactArrayLength' : 'arrayLength'}(${value});`,
      ),
    );
  const item = { ...field, array: false, nullable: undefined };
  const one = isStruct(field)
    ? `write${structName(message, field)}(${writer}, item, version);`
    : branches(
        pieces(used, [message.flexible], (p) =>
          writeOne(message, item, p, { expression: 'item', label, writer, typeNullable: false }),
        ),
      );
  const some = [
    length(`${list}.length`),
    `for (const item of ${list}) ${one.startsWith('if') ? `{ ${one} }` : one}`,
  ];
  if (!typeNullable) return some;
  const none = branches(
    pieces(used, [field.nullable, message.flexible], (p) => {
      if (!nullOnWire(field, p)) return `throw new NullFieldError(${label}, version);`;
      return `${writer}.${covers(message.flexible, p) ? 'compactArrayLength' : 'arrayLength'}(-1);`;
    }),
  );
  return [`if (${list} === null) {`, `  ${none}`, '} else {', ...indent(some), '}'];
}

function writeTags(message, struct, tagged) {
  const known = struct.versions;
  const flexible = condition(message.flexible, known);
  if (flexible === 'false') return [];
  const when = flexible === 'true' ? '' : `if (${flexible}) `;
  if (tagged.length === 0) return [`${when}w.int8(0);`];
  const inside = intersect(message.flexible, known);
  const lines = ['let tags = 0;'];
  const sorted = [...tagged].sort((a, b) => a.tag - b.tag);
  const tests = sorted.map((field) => {
    const valid = condition(field.versions, inside);
    const differs = differsFromDefault(message, field, known, `m.${field.name}`);
    return valid === 'true' ? differs : `${valid} && ${differs}`;
  });
  for (const test of tests) lines.push(`if (${test}) tags++;`);
  lines.push('w.unsignedVarint(tags);');
  sorted.forEach((field, i) => {
    const used = intersect(field.versions, inside);
    const label = `'${struct.name}.${field.name}'`;
    const size = fixedBytes(field);
    lines.push(`if (${tests[i]}) {`, `  w.unsignedVarint(${field.tag});`);
    if (size !== undefined)
      lines.push(
        `  w.unsignedVarint(${size});`,
        ...indent(writeBody(message, field, { used, known, label, writer: 'w' })),
      );
    else
      lines.push(
        '  const nested = w.nested();',
        ...indent(writeBody(message, field, { used, known, label, writer: 'nested' })),
        '  w.writeNested(nested);',
      );
    lines.push('}');
  });
  return when === '' ? lines : [`${when}{`, ...indent(lines), '}'];
}

/** generated/api-table.ts. */
export function emitApiTable(requests) {
  const rows = [...requests]
    .sort((a, b) => a.apiKey - b.apiKey)
    .map((m) => {
      const firstFlexible = m.flexible ? m.flexible.min : 'Number.POSITIVE_INFINITY';
      return `  { key: ${m.apiKey}, name: '${m.api}', minVersion: ${m.versions.min}, maxVersion: ${m.versions.max}, firstFlexible: ${firstFlexible} },\n`;
    });
  return `/** Generated from schema/ by \`npm run codec\`. Do not edit: change the schema. */

/** Every API that the codec speaks, by key. */
export const API_TABLE = [
${rows.join('')}] as const;
`;
}
