/** What the generated codec needs beside the byte reader and writer. */

/** A message has a value that its version can't carry: a mistake of the writer, not of the peer. */
export class UnsupportedFieldError extends Error {
  override readonly name = 'UnsupportedFieldError';

  constructor(field: string, version: number) {
    super(`${field} is set, but version ${version} of the message doesn't carry it`);
  }
}

/** A field is null in a version where it must not be. */
export class NullFieldError extends Error {
  override readonly name = 'NullFieldError';

  constructor(field: string, version: number) {
    super(`${field} is null, but must be set in version ${version} of the message`);
  }
}

/** The default of byte fields. */
export const EMPTY_BYTES: Buffer = Buffer.alloc(0);

/** `value`, which must not be null in this version. */
export function present<T>(value: T | null, field: string, version: number): T {
  if (value === null) throw new NullFieldError(field, version);
  return value;
}
