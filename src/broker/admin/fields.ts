/** The fields of a command, read one by one and checked: what is missing, wrong or not known is refused with its name. */
import { BrokerError } from '../../base/errors.ts';

/** Longest name or other short text, in characters. */
const TEXT_CHARACTERS_MAX = 1000;

export interface IntegerBounds {
  readonly min: number;
  readonly max: number;
}

/** A number of messages, an offset, a time: what has no narrower bounds. */
export const NATURAL: IntegerBounds = { min: 0, max: Number.MAX_SAFE_INTEGER };
export const PARTITION: IntegerBounds = { min: 0, max: 2 ** 31 - 1 };

/** Every reader throws BrokerError `invalid-request`. `undefined`: the field isn't there. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #read = new Set<string>();

  /** `path`: what stands before the names of fields in errors. */
  constructor(value: unknown, path = '') {
    this.#path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw refused(`${path === '' ? 'the fields of a command' : path.slice(0, -1)} must be a JSON object`);
    }
    this.#values = value as Record<string, unknown>;
  }

  text(name: string): string {
    return this.#there(name, this.textIfGiven(name));
  }

  textIfGiven(name: string, charactersMax = TEXT_CHARACTERS_MAX): string | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length > 0 && value.length <= charactersMax) return value;
    throw this.#wrong(name, `a text of 1 to ${charactersMax} characters`);
  }

  integer(name: string, bounds: IntegerBounds): number {
    return this.#there(name, this.integerIfGiven(name, bounds));
  }

  integerIfGiven(name: string, { min, max }: IntegerBounds): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max)
      return value as number;
    throw this.#wrong(name, `an integer from ${min} to ${max}`);
  }

  numberIfGiven(name: string, { min, max }: IntegerBounds): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    throw this.#wrong(name, `a number from ${min} to ${max}`);
  }

  booleanIfGiven(name: string): boolean | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#wrong(name, 'true or false');
  }

  choiceIfGiven<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw this.#wrong(name, `one of ${choices.join(', ')}`);
  }

  /** Whether the field is there, and null. */
  isNull(name: string): boolean {
    if (this.#values[name] !== null) return false;
    this.#read.add(name);
    return true;
  }

  /** Whether the field is there, and a text. */
  isText(name: string): boolean {
    return typeof this.#values[name] === 'string';
  }

  listIfGiven(name: string, lengthMax: number): readonly unknown[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length <= lengthMax) return value;
    throw this.#wrong(name, `a list of ${lengthMax} at most`);
  }

  /** The fields of a field. */
  objectIfGiven(name: string): Fields | undefined {
    const value = this.#take(name);
    return value === undefined ? undefined : new Fields(value, `${this.#path}${name}.`);
  }

  /** To be called when all fields were read. */
  end(): void {
    const unknown = Object.keys(this.#values).find((name) => !this.#read.has(name));
    if (unknown !== undefined) throw refused(`there is no field ${this.#path}${unknown.slice(0, 100)} here`);
  }

  #take(name: string): unknown {
    this.#read.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #there<Value>(name: string, value: Value | undefined): Value {
    if (value === undefined) throw refused(`the field ${this.#path}${name} is missing`);
    return value;
  }

  #wrong(name: string, wanted: string): BrokerError {
    return refused(`the field ${this.#path}${name} must be ${wanted}`);
  }
}

function refused(sentence: string): BrokerError {
  return new BrokerError('invalid-request', sentence);
}
