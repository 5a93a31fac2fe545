/** Filters asked about records that are made of JavaScript's values. */
import { BrokerError } from '../../src/base/errors.ts';
import { compileFilter, type Filter, type FilterType } from '../../src/filter/filter.ts';
import { BATCH_HEADER_BYTES } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { walkRecords } from '../../src/record/walk.ts';

export type Headers = Readonly<Record<string, string | null>>;

export interface Sample {
  readonly headers?: Headers;
  readonly key?: string;
  readonly timestampMs?: number;
}

export function filterOf(type: FilterType, text: string): Filter {
  const filter = compileFilter(type, text);
  if (filter instanceof BrokerError) throw filter;
  return filter;
}

export function refusal(type: FilterType, text: string): string {
  const filter = compileFilter(type, text);
  return filter instanceof BrokerError ? `${filter.code}: ${filter.message}` : 'it was taken';
}

/** The record that a filter is asked about stands between two others. */
export function matches(filter: Filter, { headers = {}, key, timestampMs = 1000 }: Sample): boolean {
  const wanted = {
    key: key === undefined ? null : Buffer.from(key),
    value: Buffer.from('body'),
    headers: Object.entries(headers).map(([name, value]) => ({
      key: name,
      value: value === null ? null : Buffer.from(value),
    })),
  };
  const other = { key: null, value: null, headers: [{ key: 'other', value: Buffer.from('x') }] };
  const section = buildBatch([other, wanted, other], { timestampMs }).subarray(BATCH_HEADER_BYTES);
  const results: boolean[] = [];
  walkRecords(section, 3, (record) => {
    results.push(filter.matches(section, record, timestampMs));
  });
  return results[1]!;
}

export const sql = (text: string, headers: Headers = {}): boolean =>
  matches(filterOf('sql', text), { headers });
