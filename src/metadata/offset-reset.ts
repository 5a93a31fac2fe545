/** Where a share group begins in a partition that it hasn't read yet: `share.auto.offset.reset` as Kafka 4.3 takes it (KIP-932). */

export type OffsetReset =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** From the first record that is so old at most, ms. */
  | { readonly kind: 'by-age'; readonly ageMs: number };

const BY_DURATION = 'by_duration:';
/** ISO 8601 as Java's Duration takes it, but never below 0: days, hours, minutes, and seconds with a fraction. */
const DURATION =
  /^P(?:(\d{1,12})D)?(?:T(?=\d)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})(?:[.,](\d{1,9}))?S)?)?$/i;

/** Null where the text is none of these. */
export function parseOffsetReset(text: string): OffsetReset | null {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (!text.startsWith(BY_DURATION)) return null;
  const found = DURATION.exec(text.slice(BY_DURATION.length));
  if (found === null || found.slice(1).every((part) => part === undefined)) return null;
  const [days, hours, minutes, seconds] = found.slice(1, 5).map((part) => Number(part ?? 0));
  const fraction = Number(`0.${found[5] ?? 0}`);
  const total = ((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds! + fraction;
  return { kind: 'by-age', ageMs: Math.floor(total * 1000) };
}
