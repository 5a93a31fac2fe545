/**
 * Regular expressions that come from outside: RE2's syntax and semantics, as re2j has them in Kafka, and time that is linear
 * in the text whatever the expression (docs/adr/0012). The only place that names the engine.
 */
import { createRequire } from 'node:module';

// Loaded with the first expression: most brokers see none, and its tables of Unicode are a tenth of the time to start.
const load = createRequire(import.meta.url);
const engine = (): typeof import('re2js') => load('re2js');

/** Longest expression, in characters. */
const EXPRESSION_CHARACTERS_MAX = 4096;

export interface RegularExpression {
  /** Whether the whole of the text matches. */
  matches(text: string): boolean;
}

/** The expression, or a sentence that says why it can't be used. */
export function compileExpression(pattern: string): RegularExpression | string {
  if (pattern.length > EXPRESSION_CHARACTERS_MAX) {
    return `it has ${pattern.length} characters; at most ${EXPRESSION_CHARACTERS_MAX} are taken`;
  }
  const { RE2JS, RE2JSException } = engine();
  try {
    const compiled = RE2JS.compile(pattern);
    return { matches: (text) => compiled.testExact(text) };
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}
