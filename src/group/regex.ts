/**
 * Expressions that stand for topics (KIP-848), in RE2's syntax (base/regular-expression.ts).
 *
 * An expression is compiled once, and a topic's name matched once against it, as long as it is remembered: when topics
 * come, only their names are looked at. What is remembered is derived and bounded, and changes no answer.
 */
import { BrokerError } from '../base/errors.ts';
import { compileExpression, type RegularExpression } from '../base/regular-expression.ts';

/** Expressions that are remembered. */
const PATTERNS_MAX = 200;

interface KnownPattern {
  readonly compiled: RegularExpression;
  names: readonly string[];
  matched: readonly string[];
}

export class TopicPatterns {
  /** The one that was used last stands last. */
  readonly #known = new Map<string, KnownPattern>();

  /** Why the expression can't be used, or null. */
  check(pattern: string): BrokerError | null {
    const known = this.#open(pattern);
    return known instanceof BrokerError ? known : null;
  }

  /** Those of `names` (sorted) that match as a whole, sorted; none for an expression that `check` refuses. */
  match(pattern: string, names: readonly string[]): readonly string[] {
    const known = this.#open(pattern);
    if (known instanceof BrokerError) return [];
    if (known.names !== names) {
      known.matched = matchNew(known, names);
      known.names = names;
    }
    return known.matched;
  }

  #open(pattern: string): KnownPattern | BrokerError {
    let known = this.#known.get(pattern);
    if (known === undefined) {
      const compiled = compileExpression(pattern);
      if (typeof compiled === 'string') return invalid(compiled);
      known = { compiled, names: [], matched: [] };
      if (this.#known.size >= PATTERNS_MAX) this.#known.delete(this.#known.keys().next().value!);
    } else this.#known.delete(pattern);
    this.#known.set(pattern, known);
    return known;
  }
}

function invalid(why: string): BrokerError {
  return new BrokerError(
    'invalid-regular-expression',
    `The regular expression of the subscription can't be used (RE2 syntax): ${why}.`,
  );
}

/** Walks over the old and the new names, both sorted, and matches only what is new. */
function matchNew({ compiled, names: oldNames, matched }: KnownPattern, names: readonly string[]): string[] {
  const result: string[] = [];
  let old = 0;
  let oldMatch = 0;
  for (const name of names) {
    while (old < oldNames.length && oldNames[old]! < name) old++;
    if (oldNames[old] !== name) {
      if (compiled.matches(name)) result.push(name);
      continue;
    }
    while (oldMatch < matched.length && matched[oldMatch]! < name) oldMatch++;
    if (matched[oldMatch] === name) result.push(name);
  }
  return result;
}
