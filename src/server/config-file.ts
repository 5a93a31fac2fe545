/**
 * Reads the text of a configuration file: Kafka's `.properties` (Java's format), or one flat JSON object for a name that
 * ends in `.json`. Guarantees: every value comes with its line; what can't be read is told with its line.
 */

export interface FileEntry {
  readonly name: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

export interface FileProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface ParsedFile {
  readonly entries: readonly FileEntry[];
  readonly problems: readonly FileProblem[];
}

/** By the ending of the path. */
export function parseConfigFile(path: string, text: string): ParsedFile {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  return path.toLowerCase().endsWith('.json') ? parseJson(body) : parseProperties(body);
}

/**
 * Java's format: `name=value`, `name: value` or `name value`; `#` and `!` open comments; a backslash at the end of a
 * line goes on in the next; `\t \n \r \f \uXXXX` and `\` before any other character.
 */
export function parseProperties(text: string): ParsedFile {
  const entries: FileEntry[] = [];
  const problems: FileProblem[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let logical = lines[index]!.trimStart();
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue;
    while (/(^|[^\\])(\\\\)*\\$/.test(logical) && index + 1 < lines.length) {
      logical = logical.slice(0, -1) + lines[++index]!.trimStart();
    }
    const match = /^((?:\\.|[^\\=:\s])+)(?:\s*[=:]\s*|\s+|$)(.*)$/s.exec(logical);
    const name = match === null ? null : unescapeText(match[1]!);
    const value = match === null ? null : unescapeText(match[2]!);
    if (name === null || value === null) {
      problems.push({ line, message: `"${logical}" can't be read: write NAME=VALUE.` });
    } else entries.push({ name, value: value.trimEnd(), line });
  }
  return { entries, problems };
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Null where a `\u` isn't followed by four hexadecimal digits. */
function unescapeText(text: string): string | null {
  if (!text.includes('\\')) return text;
  if (/(^|[^\\])(\\\\)*\\u(?![0-9a-fA-F]{4})/.test(text)) return null;
  return text.replace(/\\(u[0-9a-fA-F]{4}|.|$)/gs, (_, code: string) =>
    code.length === 5 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
  );
}

/** One object whose values are texts, numbers, booleans, or lists of texts. */
function parseJson(text: string): ParsedFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    return {
      entries: [],
      problems: [{ line: lineAt(text, position), message: `This is no JSON: ${message}.` }],
    };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return {
      entries: [],
      problems: [{ line: 1, message: 'The file must hold one object of names and values.' }],
    };
  }
  const entries: FileEntry[] = [];
  const problems: FileProblem[] = [];
  for (const [name, given] of Object.entries(parsed)) {
    const line = lineOfName(text, name);
    const value = jsonValue(given);
    if (value !== null) entries.push({ name, value, line });
    else {
      problems.push({ line, message: `${name} must be a text, a number, true, false, or a list of texts.` });
    }
  }
  return { entries, problems };
}

function jsonValue(given: unknown): string | null {
  if (typeof given === 'string') return given;
  if (typeof given === 'boolean') return String(given);
  if (typeof given === 'number') {
    // A number beyond 2^53 has lost digits already; as a text it keeps them.
    return Number.isInteger(given) && !Number.isSafeInteger(given) ? null : String(given);
  }
  if (Array.isArray(given) && given.every((element) => typeof element === 'string')) return given.join(',');
  return null;
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** Where a name stands first; line 1 where it is written in another way (with escapes). */
function lineOfName(text: string, name: string): number {
  const at = text.indexOf(JSON.stringify(name));
  return at < 0 ? 1 : lineAt(text, at);
}
