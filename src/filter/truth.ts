/**
 * Three-valued logic (SQL-92, 8.12): what a record can't tell is unknown, and only what is true matches. The values are
 * ordered, so that AND is the least, OR the greatest, and NOT the distance from the other end.
 */
export const FALSE = 0;
export const UNKNOWN = 1;
export const TRUE = 2;

export type Truth = typeof FALSE | typeof UNKNOWN | typeof TRUE;

export const not = (truth: Truth): Truth => (TRUE - truth) as Truth;
export const truthOf = (holds: boolean): Truth => (holds ? TRUE : FALSE);
