/**
 * Keeps the manifest on disk in step with the log: one change at a time, each atomic. A disk that is full, or no descriptors, delay a change
 * (what it says is in the chunks anyhow); any other failure ends the log.
 */
import { type Clock, type Disk, DiskError } from '../platform/ports.ts';
import { MANIFEST_NAME, MANIFEST_TEMPORARY_NAME } from './chunk-format.ts';
import { pause, writeWhole } from './file-io.ts';
import { encodeManifest, type Manifest } from './manifest.ts';

export interface ManifestStoreOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Pause before a change that met a full disk is tried again, in ms. */
  readonly fullRetryMs: number;
}

export class ManifestStore {
  readonly #options: ManifestStoreOptions;
  #current: Manifest;
  #last: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ManifestStoreOptions, current: Manifest) {
    this.#options = options;
    this.#current = current;
  }

  /** As it is on disk. */
  get current(): Manifest {
    return this.#current;
  }

  /** No retry after this. */
  stop(): void {
    this.#stopped = true;
  }

  /** Changes the manifest, behind all changes that were asked for before. Rejects with DiskError. */
  update(change: (current: Manifest) => Omit<Manifest, 'generation'>): Promise<void> {
    const done = this.#last.then(async () => {
      const next = { ...change(this.#current), generation: this.#current.generation + 1 };
      await this.#write(next);
      this.#current = next;
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(manifest: Manifest): Promise<void> {
    const { directory, disk, clock, fullRetryMs } = this.#options;
    const temporary = `${directory}/${MANIFEST_TEMPORARY_NAME}`;
    const content = encodeManifest(manifest);
    for (;;) {
      try {
        await writeWhole({ disk, path: temporary, content });
        disk.rename(temporary, `${directory}/${MANIFEST_NAME}`);
        disk.syncDirectory(directory);
        return;
      } catch (error) {
        if (!(error instanceof DiskError) || !error.isPassing || this.#stopped) throw error;
        await pause(clock, fullRetryMs);
      }
    }
  }
}
