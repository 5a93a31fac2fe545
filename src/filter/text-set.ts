/** Texts that a value is one of; looked up by the value's bytes where they stand, without making a string of them. */

/** Up to here one after the other is faster than halving. */
const LINEAR_MAX = 8;

export class TextSet {
  /** In the order of their bytes. */
  readonly #texts: readonly Buffer[];

  constructor(texts: Iterable<string>) {
    this.#texts = [...new Set(texts)].map((text) => Buffer.from(text)).sort(Buffer.compare);
  }

  has(bytes: Buffer, start: number, length: number): boolean {
    const texts = this.#texts;
    if (texts.length > LINEAR_MAX) return this.#search(bytes, start, start + length);
    for (let i = 0; i < texts.length; i++) {
      if (texts[i]!.length === length && equalBytes(texts[i]!, bytes, start)) return true;
    }
    return false;
  }

  #search(bytes: Buffer, start: number, end: number): boolean {
    let low = 0;
    let high = this.#texts.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = bytes.compare(this.#texts[middle]!, 0, this.#texts[middle]!.length, start, end);
      if (order === 0) return true;
      if (order < 0) high = middle - 1;
      else low = middle + 1;
    }
    return false;
  }
}

/** Whether the whole of `text` stands at `start`. */
export function equalBytes(text: Buffer, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}
