/**
 * The Kafka codec: every request, response and consumer protocol type, at every version. Bytes are read or refused with
 * a MalformedError; what was read can be written, and reads again as the same.
 *
 * Input: int16 index of the message, int16 version, then the body.
 */
import { isDeepStrictEqual } from 'node:util';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { NullFieldError } from '../../src/protocol/kafka/codec/support.ts';
import { type MessageCodec, messageCodec } from '../codec-table.ts';
import { mutate } from '../mutate.ts';
import { loadSchema, randomMessage, type SchemaMessage } from '../schema-values.ts';
import { expect, Finding, type FuzzTarget } from '../target.ts';

interface Entry {
  readonly schema: SchemaMessage;
  readonly codec: MessageCodec;
}

/** Bodies up to this size are written again and compared. */
const ROUND_TRIP_BYTES_MAX = 20_000;

/** `kinds`: which messages this target is for. */
export function codecTarget(name: string, kinds: readonly SchemaMessage['kind'][]): FuzzTarget {
  const entries: Entry[] = loadSchema()
    .filter((schema) => kinds.includes(schema.kind))
    .map((schema) => ({ schema, codec: messageCodec(schema.name) }));
  return {
    name,
    generate(prng) {
      const index = prng.int(entries.length);
      const { schema, codec } = entries[index]!;
      const { min, max } = schema.versions;
      const version = prng.between(min, max);
      const head = Buffer.alloc(4);
      head.writeInt16BE(index, 0);
      head.writeInt16BE(version, 2);
      if (prng.chance(0.1)) return Buffer.concat([head, prng.bytes(prng.int(200))]);
      const writer = new ByteWriter();
      codec.write(writer, randomMessage(schema, version, prng), version);
      const body = writer.finishContiguous();
      return Buffer.concat([head, prng.chance(0.2) ? body : mutate(body, prng)]);
    },
    execute(input) {
      if (input.length < 4) return;
      const entry = entries[input.readUInt16BE(0) % entries.length]!;
      const { min, max } = entry.schema.versions;
      const version = min + (input.readUInt16BE(2) % (max - min + 1));
      // The version of a generated input is the one that was meant.
      const meant = input.readInt16BE(2);
      executeBody(entry, meant >= min && meant <= max ? meant : version, input.subarray(4));
    },
  };
}

function executeBody({ schema, codec }: Entry, version: number, body: Buffer): void {
  const reader = new ByteReader(body);
  let message: unknown;
  try {
    message = codec.read(reader, version);
    reader.expectEnd();
  } catch (error) {
    if (error instanceof Error && error.name === 'MalformedError') return;
    throw error;
  }
  if (body.length > ROUND_TRIP_BYTES_MAX) return;
  const bytes = write(codec, message, version);
  if (bytes === null) return;
  const again = new ByteReader(bytes);
  const second = codec.read(again, version);
  again.expectEnd();
  if (!isDeepStrictEqual(flat(second), flat(message))) {
    throw new Finding(`${schema.name} ${version} is read as another message after it was written`);
  }
}

/** Null where the message can't be written for a reason that is none of the codec's. */
function write(codec: MessageCodec, message: unknown, version: number): Buffer | null {
  const writer = new ByteWriter();
  try {
    codec.write(writer, message, version);
  } catch (error) {
    // Bytes that are no UTF-8 became longer text; a struct that isn't nullable in the schema's version was null.
    if (error instanceof Error && error.message.includes('is longer than')) return null;
    expect(!(error instanceof NullFieldError), `a message that was read can't be written: ${String(error)}`);
    throw error;
  }
  return writer.finishContiguous();
}

/** -0 and 0 are the same, and byte fields may be one buffer or several. */
function flat(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((one) => Buffer.isBuffer(one))
      ? value.map((one: Buffer) => one.toString('latin1')).join('')
      : value.map(flat);
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, flat(one)]));
}
