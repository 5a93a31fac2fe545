/** How max.connections.per.ip.overrides is written: ADDRESS:NUMBER, several separated by commas. */
import { canonicalAddress } from '../base/ip-address.ts';
import { splitList } from './setting.ts';

const INT_MAX = 2 ** 31 - 1;

/** An address in its one form, and how many connections it may have open; null where the text has another form. */
export function parseOverride(element: string): [address: string, max: number] | null {
  const match = /^\[?(.+?)\]?:(\d{1,10})$/.exec(element);
  const address = match === null ? null : canonicalAddress(match[1]!);
  const max = Number(match?.[2]);
  return address === null || max > INT_MAX ? null : [address, max];
}

/** Null where all elements can be read; otherwise what they should be. */
export function checkOverrides(canonical: string): string | null {
  const fits = splitList(canonical).every((element) => parseOverride(element) !== null);
  return fits ? null : 'ADDRESS:NUMBER, several separated by commas, with IP addresses';
}
