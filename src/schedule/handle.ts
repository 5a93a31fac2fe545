/**
 * The handle of a waiting message: where it was put, when it is due, and eight random bytes that are stored with it, so that
 * nobody hits another's message by accident. 24 bytes, printed as 32 characters of base64url:
 *   0 u32 bucket, 4 u48 offset, 10 u48 when it is due, 16 8 random bytes
 */
import type { Place } from './message.ts';

const BYTES = 24;

export interface Handle extends Place {
  readonly dueMs: number;
  readonly salt: Buffer;
}

export function printHandle({ bucket, offset, dueMs, salt }: Handle): string {
  const bytes = Buffer.allocUnsafe(BYTES);
  bytes.writeUInt32BE(bucket, 0);
  bytes.writeUIntBE(offset, 4, 6);
  bytes.writeUIntBE(dueMs, 10, 6);
  salt.copy(bytes, 16, 0, 8);
  return bytes.toString('base64url');
}

/** Undefined where the text is no handle. */
export function parseHandle(text: string): Handle | undefined {
  if (!/^[A-Za-z0-9_-]{32}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return {
    bucket: bytes.readUInt32BE(0),
    offset: bytes.readUIntBE(4, 6),
    dueMs: bytes.readUIntBE(10, 6),
    salt: bytes.subarray(16),
  };
}
