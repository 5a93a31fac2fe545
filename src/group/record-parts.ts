/** Parts that the stored records of several kinds of groups have in common. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import type { MemberProtocol } from './commands.ts';

/** A compact array, whose elements have at least `elementBytesMin` bytes each. */
export function readArray<T>(
  reader: ByteReader,
  elementBytesMin: number,
  element: (reader: ByteReader) => T,
): T[] {
  const count = reader.compactArrayLength(elementBytesMin);
  const elements: T[] = [];
  for (let i = 0; i < count; i++) elements.push(element(reader));
  return elements;
}

export function writeProtocols(w: ByteWriter, protocols: readonly MemberProtocol[]): void {
  w.compactArrayLength(protocols.length);
  for (const protocol of protocols) {
    w.compactString(protocol.name);
    w.compactBytes(protocol.metadata);
  }
}

/** Copies: what is kept must not hold on to what was read from. */
export function readProtocols(reader: ByteReader): MemberProtocol[] {
  return readArray(reader, 2, (r) => ({ name: r.compactString(), metadata: Buffer.from(r.compactBytes()) }));
}
