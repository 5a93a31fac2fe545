/**
 * A filter says which records a consumer wants. It is made once of a text that comes from outside, and then asked for
 * each record, with the record's bytes: bodies are not read, nothing is decoded, and nothing takes longer than the
 * headers and the filter are long.
 *
 * Two kinds: `tag` is a list of tags, of which a record has one (header `tag`); `sql` is a condition of SQL-92 on
 * headers. docs/filters.md is their language.
 */
import { BrokerError } from '../base/errors.ts';
import type { RecordView } from '../record/walk.ts';
import { compileCondition } from './compile.ts';
import { parseCondition } from './parser.ts';
import { RecordFields } from './record-fields.ts';
import { FilterSyntaxError } from './syntax-error.ts';
import { compileTags } from './tags.ts';
import { TRUE } from './truth.ts';

export const FILTER_TYPES = ['tag', 'sql'] as const;
export type FilterType = (typeof FILTER_TYPES)[number];

/** Longest text of a filter, in characters. */
export const FILTER_CHARACTERS_MAX = 16_384;

export interface Filter {
  readonly type: FilterType;
  readonly text: string;
  /** Every record matches: nobody needs to look. */
  readonly matchesAll: boolean;
  /**
   * How long judging takes: about so many times as long as with a filter that compares one header. Who looks through many records
   * counts their bytes so many times, and lets others have their turn.
   */
  readonly weight: number;
  /**
   * Whether a record is wanted: whether the filter is true of it, not false and not unknown. `section`: the records of
   * its batch, not compressed, in which `record` gives places. `timestampMs`: its time. Throws MalformedError where
   * its headers can't be read.
   */
  matches(section: Buffer, record: RecordView, timestampMs: number): boolean;
}

/** The filter, or `invalid-filter` with the column (from 1) and what was expected there. */
export function compileFilter(type: FilterType, text: string): Filter | BrokerError {
  try {
    if (text.length > FILTER_CHARACTERS_MAX) {
      const message = `it has ${text.length} characters; ${FILTER_CHARACTERS_MAX} at most`;
      throw new FilterSyntaxError(message, FILTER_CHARACTERS_MAX + 1);
    }
    return type === 'tag' ? { type, text, ...compileTags(text) } : { type, text, ...compileSql(text) };
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    const message = `the filter can't be read at column ${error.column}: ${error.message}`;
    return new BrokerError('invalid-filter', message);
  }
}

function compileSql(text: string): Pick<Filter, 'matches' | 'matchesAll' | 'weight'> {
  const fields = new RecordFields();
  const { condition, weight } = compileCondition(parseCondition(text), fields);
  return {
    matchesAll: false,
    weight,
    matches(section, record, timestampMs) {
      fields.read(section, record, timestampMs);
      return condition(section) === TRUE;
    },
  };
}
