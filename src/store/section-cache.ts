/** The sections of sealed chunks' indexes that were used last, read from the sidecars when they are needed. */
import { crc32c } from '../base/crc32c.ts';
import { BrokerError } from '../base/errors.ts';
import type { Disk } from '../platform/ports.ts';
import type { Chunk } from './chunk.ts';
import { indexName } from './chunk-format.ts';
import { readAt } from './file-io.ts';
import { SECTION_ROW_BYTES, Section } from './sealed-index.ts';
import type { StreamState } from './stream-state.ts';

export interface SectionCacheOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly bytesMax: number;
}

export class SectionCache {
  readonly #options: SectionCacheOptions;
  /** By chunk id and slot of the stream, least recently used first. */
  readonly #sections = new Map<string, Section>();
  #bytes = 0;

  constructor(options: SectionCacheOptions) {
    this.#options = options;
  }

  /** The rows of a stream in a sealed chunk; null where it has none. Rejects with BrokerError or DiskError. */
  async rowsOf(chunk: Chunk, stream: StreamState): Promise<Section | null> {
    const directory = chunk.directory;
    const at = directory?.find(stream) ?? -1;
    if (directory === null || at < 0) return null;
    const key = `${chunk.id}/${stream.slot}`;
    const known = this.#sections.get(key);
    if (known !== undefined) {
      this.#sections.delete(key);
      this.#sections.set(key, known);
      return known;
    }
    const section = await this.#read(chunk, {
      position: directory.sectionPositions[at]!,
      bytes: directory.entryCounts[at]! * SECTION_ROW_BYTES,
      crc: directory.sectionCrcs[at]!,
    });
    this.#remember(key, section);
    return section;
  }

  async #read(chunk: Chunk, place: { position: number; bytes: number; crc: number }): Promise<Section> {
    const path = `${this.#options.directory}/${indexName(chunk.id)}`;
    const file = this.#options.disk.open(path, 'read');
    try {
      const buffer = Buffer.allocUnsafeSlow(place.bytes);
      const bytesRead = await readAt(file, buffer, place.position);
      if (bytesRead < place.bytes || crc32c(buffer) !== place.crc) {
        throw new BrokerError(
          'storage-failed',
          `${path}, byte ${place.position}: the section is damaged. Stop the broker and remove this file: it is ` +
            'made again from its chunk.',
        );
      }
      return new Section(buffer, chunk.firstSequence);
    } finally {
      file.close();
    }
  }

  #remember(key: string, section: Section): void {
    if (this.#sections.has(key)) return;
    this.#sections.set(key, section);
    this.#bytes += section.bytes;
    for (const [oldest, dropped] of this.#sections) {
      if (this.#bytes <= this.#options.bytesMax || oldest === key) return;
      this.#sections.delete(oldest);
      this.#bytes -= dropped.bytes;
    }
  }
}
