/** Parts that the stored records of several kinds of groups have in common. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import type { Uuid } from '../base/uuid.ts';
import type { MemberProtocol } from './commands.ts';
import type { MemberState, Progress } from './progress.ts';

/** Stored as their index. */
const STATES: readonly MemberState[] = ['stable', 'unrevoked', 'unreleased'];

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

export function writeStrings(w: ByteWriter, texts: readonly string[]): void {
  w.compactArrayLength(texts.length);
  for (const text of texts) w.compactString(text);
}

export const readStrings = (reader: ByteReader): string[] => readArray(reader, 1, (r) => r.compactString());

/** Compact array of (uuid topic id, compact array of varint partitions). */
export function writePartitions(w: ByteWriter, topics: ReadonlyMap<Uuid, readonly number[]>): void {
  w.compactArrayLength(topics.size);
  for (const [topicId, partitions] of topics) {
    w.uuid(topicId);
    w.compactArrayLength(partitions.length);
    for (const partition of partitions) w.unsignedVarint(partition);
  }
}

export function readPartitions(reader: ByteReader): ReadonlyMap<Uuid, readonly number[]> {
  const topics = readArray(reader, 17, (r): [Uuid, number[]] => [
    r.uuid(),
    readArray(r, 1, (r) => r.unsignedVarint()),
  ]);
  return new Map(topics);
}

/** Targets that an assignor has given: of members that aren't named nothing changes, an empty one removes it. */
export interface TargetChange {
  readonly epoch: number;
  readonly atMs: number;
  readonly members: readonly {
    readonly memberId: string;
    readonly assignment: ReadonlyMap<Uuid, readonly number[]>;
  }[];
}

/** int32 assignment epoch, int64 its time in ms, array of (string member id, assignment). */
export function writeTarget(w: ByteWriter, { epoch, atMs, members }: TargetChange): void {
  w.int32(epoch);
  w.int64(atMs);
  w.compactArrayLength(members.length);
  for (const { memberId, assignment } of members) {
    w.compactString(memberId);
    writePartitions(w, assignment);
  }
}

export function readTarget(reader: ByteReader): TargetChange {
  return {
    epoch: reader.int32(),
    atMs: reader.int64(),
    members: readArray(reader, 2, (r) => ({
      memberId: r.compactString(),
      assignment: readPartitions(r),
    })),
  };
}

/** int8 state, int32 epoch, int32 previous epoch, what is assigned, what is being revoked. */
export function writeProgress<Held>(
  w: ByteWriter,
  progress: Progress<Held>,
  writeHeld: (w: ByteWriter, held: Held) => void,
): void {
  w.int8(STATES.indexOf(progress.state));
  w.int32(progress.epoch);
  w.int32(progress.previousEpoch);
  writeHeld(w, progress.assigned);
  writeHeld(w, progress.revoking);
}

export function readProgress<Held>(
  reader: ByteReader,
  readHeld: (reader: ByteReader) => Held,
): Progress<Held> {
  const number = reader.int8();
  const state = STATES[number];
  if (state === undefined) throw new Error(`the state ${number} of a member is unknown`);
  return {
    state,
    epoch: reader.int32(),
    previousEpoch: reader.int32(),
    assigned: readHeld(reader),
    revoking: readHeld(reader),
  };
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
