/** Opens a shard's log: takes the directory's lock, recovers what is there, and begins a new chunk behind it. */
import { BlockPool } from '../base/block-pool.ts';
import { BrokerError } from '../base/errors.ts';
import {
  type Clock,
  type Compression,
  type DirectoryLock,
  type Disk,
  DiskError,
  type Logger,
  type Random,
} from '../platform/ports.ts';
import { ChunkFiles } from './chunk-files.ts';
import type { Checkpointer, ChunkLog } from './contract.ts';
import { whatToDo } from './disk-advice.ts';
import { ShardLog } from './log.ts';
import { ManifestStore } from './manifest-store.ts';
import { readManifest, recover } from './recovery.ts';
import { DEFAULT_STORE_SETTINGS, type StoreSettings } from './settings.ts';
import { StreamTable } from './stream-state.ts';

export interface OpenChunkLogOptions {
  /** Made when it is not there. One log a directory. */
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For the marks of chunks. Without it they follow from the chunk ids. */
  readonly random?: Random;
  /** For look-ups by time in compressed batches. Without it those are answered with the batch's own figures. */
  readonly compression?: Compression;
  /** What differs from DEFAULT_STORE_SETTINGS. */
  readonly settings?: Partial<StoreSettings>;
  readonly checkpointer?: Checkpointer;
  /** The memory to work in; its own where nothing is said. */
  readonly blocks?: BlockPool | undefined;
  /** Called once when the disk fails for good: nothing is acknowledged after that. */
  readonly onFatal: (error: BrokerError) => void;
}

/** Blocks that are kept for the next requests and reads. */
const FREE_BLOCK_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Rejects with BrokerError: `storage-failed` when another process has the directory, when the log is corrupt, or when
 * the disk fails; `storage-full`; `unsupported-format` when a later version wrote it.
 */
export async function openChunkLog(options: OpenChunkLogOptions): Promise<ChunkLog> {
  let lock: DirectoryLock | null = null;
  try {
    makeDirectory(options.disk, options.directory);
    lock = takeLock(options.disk, options.directory);
    return await open(options, lock);
  } catch (error) {
    lock?.release();
    throw error instanceof DiskError ? asBrokerError(error) : error;
  }
}

/** Throws a BrokerError that says why the directory can't be there. */
function makeDirectory(disk: Disk, directory: string): void {
  try {
    disk.makeDirectory(directory);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    const why = {
      'not-found': 'its parent takes no directories. Give the broker a data directory on a disk.',
      exists: 'a file stands in the way. Move that away, or give the broker another data directory.',
    }[error.code as string];
    throw new BrokerError(
      error.code === 'full' ? 'storage-full' : 'storage-failed',
      `The directory ${directory} can't be made: ${why ?? whatToDo(error)} (${error.message})`,
    );
  }
}

/** Takes the lock of a directory, or throws a BrokerError that names who has it. */
export function takeLock(disk: Disk, directory: string): DirectoryLock {
  const taken = disk.lock(directory);
  if ('lock' in taken) return taken.lock;
  throw new BrokerError(
    'storage-failed',
    `The directory ${directory} is in use by ${taken.owner}. Stop that one first, or give this one another directory.`,
  );
}

async function open(options: OpenChunkLogOptions, lock: DirectoryLock): Promise<ChunkLog> {
  const { directory, disk, clock, logger, random, compression, checkpointer, onFatal } = options;
  const settings: StoreSettings = { ...DEFAULT_STORE_SETTINGS, ...options.settings };
  const table = new StreamTable();
  const files = new ChunkFiles({ directory, disk, clock, random, logger, settings });
  const loader = { directory, disk, clock, logger, salvage: settings.salvage };
  const manifests = new ManifestStore(
    { directory, disk, clock, fullRetryMs: settings.fullRetryMs },
    readManifest(loader),
  );
  const recovered = await recover({ ...loader, table, files, checkpointer }, manifests);
  const first = files.take();
  clock.afterTurn(() => files.prepare());
  return new ShardLog(
    {
      directory,
      disk,
      clock,
      logger,
      random,
      compression,
      settings,
      checkpointer,
      blocks: options.blocks ?? new BlockPool({ freeBytesMax: FREE_BLOCK_BYTES_MAX }),
      onFatal,
      lock,
      table,
      files,
      manifests,
      chunks: recovered.chunks,
      nextSequence: recovered.nextSequence,
    },
    first,
  );
}

export function asBrokerError(error: DiskError): BrokerError {
  if (error.code === 'full') {
    return new BrokerError(
      'storage-full',
      `${error.path}: ${error.message}. Free some space, then start again.`,
    );
  }
  return new BrokerError('storage-failed', `${error.path}: ${error.message}. ${whatToDo(error)}`);
}
