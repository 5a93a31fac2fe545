/**
 * Parses the schema of Kafka's messages (src/protocol/kafka/schema/*.schema). The language, line by line:
 *
 *   # comment                                   the ones before `api` or `data` describe it
 *   api NAME key N versions RANGE flexible RANGE|none
 *   request | response                          the fields that follow belong to it
 *   data NAME versions RANGE flexible RANGE|none    a structure that is no message of its own
 *   FIELD TYPE RANGE [null RANGE] [tag N] [default VALUE] [ignorable]
 *
 * A field of a structure's type has its own fields indented by two more spaces. TYPE is a primitive (see PRIMITIVES),
 * a structure's name, or one of these in brackets for an array. RANGE is `3`, `3+` or `3-7`: the versions that carry
 * the field. `null` gives the versions in which it may be null, `tag` makes it a tagged field in its versions;
 * a field that is not `ignorable` must have its default in the versions that don't carry it.
 * A structure used a second time in a message is written without fields of its own.
 */

export const PRIMITIVES = new Set([
  'bool',
  'int8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'float64',
  'uuid',
  'string',
  'bytes',
  'records', // nullable bytes that a reader slices
  'batches', // the same, written from one buffer or several
]);

/** `3` | `3+` | `3-7` → { min, max }; max is Infinity for an open range. `none` → undefined. */
export function parseRange(text, where) {
  if (text === 'none') return undefined;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text ?? '');
  if (match === null) throw new Error(`${where}: ${text} is not a range of versions`);
  const min = Number(match[1]);
  const max = match[2] ? Number.POSITIVE_INFINITY : Number(match[3] ?? match[1]);
  if (max < min) throw new Error(`${where}: the range ${text} is empty`);
  return { min, max };
}

/** The file's messages: [{ name, kind: 'request'|'response'|'data', apiKey?, api?, versions, flexible, structs, root }]. */
export function parseSchema(text, file) {
  const messages = [];
  let comment = [];
  let api;
  let message;
  let stack = [];
  text.split('\n').forEach((line, index) => {
    const where = `${file}:${index + 1}`;
    const body = line.trim();
    if (body === '') return;
    if (body.startsWith('#')) {
      comment.push(body.slice(1).trim());
      return;
    }
    const indent = line.length - line.trimStart().length;
    const words = body.split(/\s+/);
    if (indent === 0) {
      const start = startMessage(words, api, comment, where);
      if (start.api) api = start.api;
      if (start.message) {
        message = start.message;
        messages.push(message);
        stack = [{ indent: 0, fields: message.fields }];
      }
      comment = [];
      return;
    }
    if (message === undefined) throw new Error(`${where}: a field outside of a message`);
    comment = [];
    while (stack.at(-1).indent >= indent) stack.pop();
    const field = parseField(words, where);
    stack.at(-1).fields.push(field);
    stack.push({ indent, fields: field.fields });
  });
  for (const one of messages) resolveStructs(one, file);
  return messages;
}

function startMessage(words, api, comment, where) {
  const about = comment.join(' ');
  if (words[0] === 'api') {
    const [, name, k, key, v, versions, f, flexible] = words;
    if (k !== 'key' || v !== 'versions' || f !== 'flexible' || words.length !== 8)
      throw new Error(`${where}: malformed api`);
    const common = { versions: parseRange(versions, where), flexible: parseRange(flexible, where) };
    return { api: { name, apiKey: Number(key), about, ...common } };
  }
  if (words[0] === 'data') {
    const [, name, v, versions, f, flexible] = words;
    if (v !== 'versions' || f !== 'flexible' || words.length !== 6)
      throw new Error(`${where}: malformed data`);
    const common = { versions: parseRange(versions, where), flexible: parseRange(flexible, where) };
    return { message: { name, kind: 'data', about, ...common, fields: [] } };
  }
  if ((words[0] === 'request' || words[0] === 'response') && words.length === 1 && api) {
    const name = api.name + (words[0] === 'request' ? 'Request' : 'Response');
    const { apiKey, about: text, versions, flexible } = api;
    return {
      message: { name, kind: words[0], api: api.name, apiKey, about: text, versions, flexible, fields: [] },
    };
  }
  throw new Error(`${where}: ${words[0]} starts nothing`);
}

function parseField(words, where) {
  const [name, typeText, range, ...rest] = words;
  if (!/^[a-z][A-Za-z0-9]*$/.test(name) || typeText === undefined)
    throw new Error(`${where}: malformed field`);
  const array = typeText.startsWith('[');
  if (array !== typeText.endsWith(']')) throw new Error(`${where}: malformed type ${typeText}`);
  const type = array ? typeText.slice(1, -1) : typeText;
  const field = {
    name,
    type,
    array,
    versions: parseRange(range, where),
    ignorable: false,
    fields: [],
    where,
  };
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === 'ignorable') field.ignorable = true;
    else if (word === 'null') field.nullable = parseRange(rest.shift(), where);
    else if (word === 'tag') field.tag = Number(rest.shift());
    else if (word === 'default') field.default = rest.shift();
    else throw new Error(`${where}: ${word} is unknown`);
  }
  if (field.default?.startsWith('"')) throw new Error(`${where}: a default has no quotation marks`);
  return field;
}

/** Gives the message `structs` (name → fields, inner ones first) and checks that types are known and names unique. */
function resolveStructs(message, file) {
  const structs = new Map();
  const visit = (fields) => {
    const names = new Set();
    for (const field of fields) {
      if (names.has(field.name)) throw new Error(`${field.where}: ${field.name} is there twice`);
      names.add(field.name);
      if (PRIMITIVES.has(field.type)) {
        if (field.fields.length > 0) throw new Error(`${field.where}: ${field.type} has no fields`);
        continue;
      }
      if (!/^[A-Z][A-Za-z0-9]*$/.test(field.type))
        throw new Error(`${field.where}: unknown type ${field.type}`);
      if (field.fields.length > 0) {
        visit(field.fields);
        if (structs.has(field.type)) throw new Error(`${field.where}: ${field.type} is defined twice`);
        structs.set(field.type, field.fields);
      } else if (!structs.has(field.type)) throw new Error(`${field.where}: ${field.type} has no fields`);
    }
  };
  visit(message.fields);
  message.structs = structs;
  if (message.versions === undefined) throw new Error(`${file}: ${message.name} needs versions`);
}
