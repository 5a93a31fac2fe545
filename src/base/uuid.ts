/**
 * 128-bit ids (topic ids, directory ids) as strings of exactly 16 latin1 characters, one for each byte, most
 * significant first. Such a string is a compact key of a Map and compares by value; its printed form is Kafka's:
 * base64url without padding, 22 characters.
 */
import { assert } from './assert.ts';

declare const uuidBrand: unique symbol;

/** 16 latin1 characters, one a byte. Made by the functions of this file only. */
export type Uuid = string & { readonly [uuidBrand]: true };

/** The id that means "none" on the wire. */
export const ZERO_UUID = '\0'.repeat(16) as Uuid;

/** Reads 16 bytes at `position`; they must be there. */
export function readUuid(buffer: Buffer, position: number): Uuid {
  assert(position >= 0 && position + 16 <= buffer.length, 'a uuid needs 16 bytes');
  return buffer.toString('latin1', position, position + 16) as Uuid;
}

/** Writes 16 bytes at `position`; there must be room. */
export function writeUuid(buffer: Buffer, position: number, uuid: Uuid): void {
  assert(position >= 0 && position + 16 <= buffer.length, 'a uuid needs 16 bytes of room');
  for (let i = 0; i < 16; i++) buffer[position + i] = uuid.charCodeAt(i);
}

/** From a buffer of exactly 16 bytes. */
export function uuidFromBytes(bytes: Buffer): Uuid {
  assert(bytes.length === 16, 'a uuid has 16 bytes');
  return readUuid(bytes, 0);
}

/** Kafka's printed form: base64url without padding, 22 characters. */
export function uuidToString(uuid: Uuid): string {
  return Buffer.from(uuid, 'latin1').toString('base64url');
}

/** The inverse of uuidToString; undefined where `text` is not 22 characters of base64url for 16 bytes. */
export function uuidFromString(text: string): Uuid | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 16 ? uuidFromBytes(bytes) : undefined;
}
