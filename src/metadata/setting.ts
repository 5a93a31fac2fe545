/**
 * What a setting of a topic or of the broker is, and the one place where a value is validated.
 *
 * A value is kept as its canonical text (what Kafka would print: no spaces, no plus sign, lower-case booleans), because
 * that is what DescribeConfigs shows and what is stored; typed values are made from it once, where they are used.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';

export type SettingType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'password';

/**
 * - `works`: does what its sentence says.
 * - `no-meaning`: taken within its range and kept, because there is nothing here that it could steer; `note` says why.
 * - `default-only`: not implemented; anything but the default is refused, and `note` says what holds instead.
 */
export type SettingStatus = 'works' | 'no-meaning' | 'default-only';

export type SettingUnit =
  | 'ms'
  | 'minutes'
  | 'hours'
  | 'seconds'
  | 'bytes'
  | 'records'
  | 'connections'
  | 'requests'
  | 'sessions';

export interface Setting {
  readonly name: string;
  readonly type: SettingType;
  /** Canonical text; null where the setting is not set by default. */
  readonly default: string | null;
  readonly unit: SettingUnit | null;
  /** Smallest and largest number, inclusive; null: those of the type. */
  readonly min: number | null;
  readonly max: number | null;
  /** The only values (of a list: the only elements); null: any. */
  readonly values: readonly string[] | null;
  readonly status: SettingStatus;
  /** What it does, one sentence. */
  readonly doc: string;
  /** For `no-meaning` and `default-only`: why, one sentence. */
  readonly note: string | null;
  /** What type and range can't say: null, or what the value should be, as the end of "it takes …". */
  readonly check: ((canonical: string) => string | null) | null;
}

/** Java's Long.MAX_VALUE as text: how Kafka writes "never" and "no limit". */
export const LONG_MAX = '9223372036854775807';

const INTEGER_BOUNDS = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/** Longest text of a value that is looked at; keys and certificates are passwords. */
const VALUE_LENGTH_MAX = 8192;
const PASSWORD_LENGTH_MAX = 65_536;

/** The canonical text of `text`, or invalid-config with a sentence that names the setting and what it takes. */
export function checkValue(setting: Setting, text: string): string | BrokerError {
  const lengthMax = setting.type === 'password' ? PASSWORD_LENGTH_MAX : VALUE_LENGTH_MAX;
  if (text.length > lengthMax) {
    return invalid(
      `${setting.name} has a value of ${text.length} characters; at most ${lengthMax} are taken.`,
    );
  }
  const shown = setting.type === 'password' ? '********' : abbreviate(text);
  const canonical = canonicalText(setting, text.trim());
  if (canonical === null) {
    return invalid(`${setting.name} can't be "${shown}": it takes ${describeRange(setting)}.`);
  }
  const expected = setting.check?.(canonical) ?? null;
  if (expected !== null) return invalid(`${setting.name} can't be "${shown}": it takes ${expected}.`);
  if (setting.status === 'default-only' && canonical !== setting.default) {
    return invalid(
      `${setting.name} can't be "${shown}": ${setting.note ?? 'it is not implemented yet.'} ` +
        (setting.default === null ? 'Leave it out.' : `Leave it out or at "${setting.default}".`),
    );
  }
  return canonical;
}

function invalid(message: string): BrokerError {
  return new BrokerError('invalid-config', message);
}

function canonicalText(setting: Setting, text: string): string | null {
  switch (setting.type) {
    case 'boolean': {
      const lower = text.toLowerCase();
      return lower === 'true' || lower === 'false' ? lower : null;
    }
    case 'short':
    case 'int':
    case 'long':
      return canonicalInteger(setting, setting.type, text);
    case 'double':
      return canonicalDouble(setting, text);
    case 'list':
      return canonicalList(setting, text);
    case 'string':
      return setting.values === null || setting.values.includes(text) ? text : null;
    case 'password':
      return text;
  }
}

function canonicalInteger(setting: Setting, type: 'short' | 'int' | 'long', text: string): string | null {
  if (!/^[+-]?\d{1,19}$/.test(text)) return null;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const [low, high] = INTEGER_BOUNDS[type];
  if (value < low || value > high) return null;
  if (setting.min !== null && value < BigInt(setting.min)) return null;
  if (setting.max !== null && value > BigInt(setting.max)) return null;
  return value.toString();
}

function canonicalDouble(setting: Setting, text: string): string | null {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  if ((setting.min !== null && value < setting.min) || (setting.max !== null && value > setting.max))
    return null;
  // As Java writes it.
  return String(value).replace('e+', 'E');
}

function canonicalList(setting: Setting, text: string): string | null {
  const elements = splitList(text);
  if (setting.values !== null && !elements.every((element) => setting.values?.includes(element))) return null;
  return [...new Set(elements)].join(',');
}

/** The elements of a list's text. Empty text is the empty list. */
export function splitList(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((element) => element.trim());
}

/** What a setting takes, as the end of the sentence "it takes …". */
export function describeRange(setting: Setting): string {
  if (setting.values !== null) {
    const values = setting.values.map((value) => `"${value}"`).join(', ');
    return setting.type === 'list' ? `a list of ${values}, separated by commas` : `one of ${values}`;
  }
  switch (setting.type) {
    case 'boolean':
      return 'true or false';
    case 'list':
      return 'a list, separated by commas';
    case 'double':
      return `a number${describeBounds(setting)}`;
    case 'short':
    case 'int':
    case 'long':
      return `a whole number${setting.unit === null ? '' : ` of ${unitName(setting.unit)}`}${describeBounds(setting)}`;
    default:
      return 'text';
  }
}

function unitName(unit: SettingUnit): string {
  return unit === 'ms' ? 'milliseconds' : unit;
}

function describeBounds(setting: Setting): string {
  const { min } = setting;
  const max =
    setting.max ?? (setting.type === 'int' ? 2 ** 31 - 1 : setting.type === 'short' ? 2 ** 15 - 1 : null);
  if (min !== null && max !== null) return ` from ${min} to ${max}`;
  if (min !== null) return `, ${min} or more`;
  return max === null ? '' : `, ${max} or less`;
}

function abbreviate(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

/** A canonical number as a number; Long.MAX_VALUE, Kafka's "never", is Infinity. */
export function toNumber(text: string): number {
  if (text === LONG_MAX) return Number.POSITIVE_INFINITY;
  const value = Number(text);
  assert(!Number.isNaN(value), 'a canonical number is a number');
  return value;
}

/** As toNumber where -1 means "no limit" too. */
export function toLimit(text: string): number {
  return text === '-1' ? Number.POSITIVE_INFINITY : toNumber(text);
}

/** The known name nearest to a misspelled one, or null where none is near. */
export function nearestName(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  // A third of the letters wrong is no misspelling any more.
  let bestDistance = Math.min(8, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance. Names longer than 100 characters count as far from everything. */
function editDistance(a: string, b: string): number {
  if (a.length > 100 || b.length > 100) return 100;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** "invalid-config" for a name that nobody knows, with the nearest one that is known. */
export function unknownName(what: string, name: string, known: Iterable<string>): BrokerError {
  const nearest = nearestName(name, known);
  const hint = nearest === null ? '' : ` Did you mean ${nearest}?`;
  return invalid(`There is no ${what} setting "${abbreviate(name)}".${hint}`);
}

/** What a table gives for a setting; the rest is filled in. */
export interface SettingFields {
  readonly unit?: SettingUnit;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
  readonly status?: SettingStatus;
  readonly note?: string;
  readonly check?: (canonical: string) => string | null;
}

export function makeSetting(
  name: string,
  type: SettingType,
  defaultText: string | null,
  fields: SettingFields & { readonly doc: string },
): Setting {
  assert(
    (fields.status ?? 'works') === 'works' || fields.note !== undefined,
    `${name} says why it has no effect`,
  );
  return {
    name,
    type,
    default: defaultText,
    unit: fields.unit ?? null,
    min: fields.min ?? null,
    max: fields.max ?? null,
    values: fields.values ?? null,
    status: fields.status ?? 'works',
    doc: fields.doc,
    note: fields.note ?? null,
    check: fields.check ?? null,
  };
}
