/**
 * Java's way to write the configuration of a login module, which Kafka's `sasl.jaas.config` holds:
 *
 *   CLASS FLAG NAME="VALUE" NAME='VALUE' NAME=VALUE … ;
 *
 * One module is read, its class by its last word. A backslash in a quoted value takes the next character as it is.
 */

export interface LoginModule {
  /** E.g. PlainLoginModule. */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

const FLAGS: ReadonlySet<string> = new Set(['required', 'requisite', 'sufficient', 'optional']);
const WORD = /\s*(?:([A-Za-z_$][\w$.-]*)|(=)|(;)|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([^\s"';=]+))/sy;

type Token = { readonly kind: 'word' | 'text' | '=' | ';'; readonly text: string };

function tokens(text: string): Token[] | null {
  const found: Token[] = [];
  const pattern = new RegExp(WORD);
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const match = pattern.exec(text);
    if (match === null) return null;
    const [, word, equals, semicolon, double, single, bare] = match;
    const quoted = double ?? single;
    if (equals !== undefined) found.push({ kind: '=', text: '=' });
    else if (semicolon !== undefined) found.push({ kind: ';', text: ';' });
    else if (quoted !== undefined) found.push({ kind: 'text', text: quoted.replace(/\\(.)/gs, '$1') });
    else found.push({ kind: word === undefined ? 'text' : 'word', text: word ?? bare! });
  }
  return found;
}

/** Null where the text has another form. */
export function parseJaas(text: string): LoginModule | null {
  const list = tokens(text);
  if (list === null || list.at(-1)?.kind !== ';') return null;
  const [name, flag, ...rest] = list.slice(0, -1);
  if (name?.kind !== 'word' || flag?.kind !== 'word' || !FLAGS.has(flag.text.toLowerCase())) return null;
  const options = new Map<string, string>();
  for (let at = 0; at < rest.length; at += 3) {
    const [key, equals, value] = [rest[at], rest[at + 1], rest[at + 2]];
    if (key?.kind !== 'word' || equals?.kind !== '=') return null;
    if (value === undefined || value.kind === '=' || value.kind === ';') return null;
    options.set(key.text, value.text);
  }
  return { module: name.text.slice(name.text.lastIndexOf('.') + 1), options };
}
