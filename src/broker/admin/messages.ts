/** Messages in JSON: text where bytes are UTF-8, else base64 with a field that says so. */
import type { StoredMessage } from '../stored-messages.ts';
import type { PrintedBytes, PrintedHeader, PrintedMessage } from './answers.ts';

/** About what the messages of one answer may take; the first comes whatever its size. */
export const ANSWER_BYTES_MAX = 2 * 1024 * 1024;
/** Of a key, or of a header's value; more is cut off. */
const SMALL_BYTES_MAX = 4096;
const HEADERS_MAX = 100;

/** `valueBytesMax`: more of a value is cut off. */
export function printMessage(
  { offset, timestampMs, key, value, headers }: StoredMessage,
  { partition, valueBytesMax }: { readonly partition: number; readonly valueBytesMax: number },
): PrintedMessage {
  return {
    partition,
    offset,
    timestampMs,
    key: printBytes(key, SMALL_BYTES_MAX),
    value: printBytes(value, valueBytesMax),
    headers: headers
      .slice(0, HEADERS_MAX)
      .map((header): PrintedHeader => ({ name: header.key, ...printBytes(header.value, SMALL_BYTES_MAX)! })),
  };
}

export function printedSize(message: PrintedMessage): number {
  const size = (bytes: Partial<PrintedBytes> | null): number =>
    bytes?.text?.length ?? bytes?.base64?.length ?? 0;
  return message.headers.reduce((sum, header) => sum + size(header), size(message.key) + size(message.value));
}

function printBytes(bytes: Buffer | null, bytesMax: number): PrintedBytes | null {
  if (bytes === null) return null;
  const shown = bytes.subarray(0, bytesMax);
  // A character that is cut in the middle is no other text.
  for (let cut = 0; cut < 4 && cut <= shown.length; cut++) {
    const part = shown.subarray(0, shown.length - cut);
    const text = part.toString();
    if (Buffer.from(text).equals(part)) return { text, bytes: bytes.length };
    if (shown.length === bytes.length) break;
  }
  return { base64: shown.toString('base64'), bytes: bytes.length };
}
