/**
 * The ports through which Polylog touches the world: clock, disk, network, randomness, compression.
 *
 * CONTRACT. `platform/node/` implements them over Node; `sim/` implements them over one seed. Nothing else in
 * src/ names a `node:` module, so that whole brokers run in the simulator, many in one process.
 */

/** A timer that was set; cancelling one that has fired is harmless. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01 UTC, an integer. It may jump in both directions. */
  nowMs(): number;
  /** Monotonic clock in milliseconds, with a fraction. Its zero means nothing. */
  monotonicMs(): number;
  /** Calls `fire` once, no earlier than `delayMs` (≥ 0) from now. */
  setTimer(delayMs: number, fire: () => void): Timer;
  /**
   * Calls `run` once, after the I/O callbacks of the current event-loop turn and before the next poll: this is
   * what lets everything that arrived in one turn leave in one write.
   */
  afterTurn(run: () => void): void;
}

export interface Random {
  /** `length` bytes fit for ids (not a promise of cryptographic strength in the simulator). */
  bytes(length: number): Buffer;
}

/** Why a disk operation failed, in terms a caller can act on. */
export type DiskErrorCode =
  | 'not-found'
  | 'exists'
  /** No space or quota left: what was written is undefined past the last whole write. */
  | 'full'
  /** No file descriptors left: too many connections must not pass for a broken disk. */
  | 'no-descriptors'
  | 'read-only'
  | 'permission'
  /** Anything else: treat the device as broken. */
  | 'io';

export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly path: string;
  constructor(code: DiskErrorCode, path: string, message: string) {
    super(message);
    this.code = code;
    this.path = path;
  }

  /** It may well go another time: space and descriptors come back. */
  get isPassing(): boolean {
    return this.code === 'full' || this.code === 'no-descriptors';
  }
}

/**
 * An open file. Writes are synchronous (a copy into the page cache); making them durable is not.
 * All throw or pass `DiskError`.
 */
export interface DiskFile {
  readonly path: string;
  size(): number;
  /**
   * Writes all buffers one behind the other at `position`, or throws. A torn or short write has happened in part:
   * bytes from `position` on are undefined then.
   */
  writev(buffers: readonly Uint8Array[], position: number): void;
  /** Reads up to `into.length` bytes; returns how many (less only at the end of the file). Blocks. */
  readSync(into: Uint8Array, position: number): number;
  /** The same beside the event loop. */
  read(into: Uint8Array, position: number, done: (error: DiskError | null, bytesRead: number) => void): void;
  /** fdatasync beside the event loop: all that was written before the call is durable when `done(null)` runs. */
  datasync(done: (error: DiskError | null) => void): void;
  /** fdatasync on the event loop. */
  datasyncSync(): void;
  truncate(sizeBytes: number): void;
  close(): void;
}

/** A held directory lock. */
export interface DirectoryLock {
  release(): void;
}

/** Paths are joined with `/`. Names created, renamed or removed are durable after `syncDirectory`. */
export interface Disk {
  makeDirectory(path: string): void;
  /** Names (not paths) in a directory, sorted. */
  list(path: string): string[];
  exists(path: string): boolean;
  /** `create` fails with `exists` when there is one; `write` and `read` fail with `not-found`. */
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile;
  /** Atomic; replaces `to`. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  syncDirectory(path: string): void;
  /** Space on the volume of `path`, in bytes, as an unprivileged writer sees it. */
  space(path: string): { freeBytes: number; totalBytes: number };
  /** Takes the one lock of a directory. `owner` says who holds it (a process id) when it is taken. */
  lock(path: string): { lock: DirectoryLock } | { owner: string };
}

/** One accepted connection. The implementation never throws from these; a broken one closes. */
export interface Connection {
  /** Peer address as `host:port`, for logs. */
  readonly remote: string;
  /** Peer host only, for limits an address and for group descriptions. */
  readonly remoteHost: string;
  /** Handlers are set once, in the same turn in which the connection was accepted. */
  onData(handler: (chunk: Buffer) => void): void;
  /** After the last data; `reason` is null for an orderly end by the peer. Called exactly once. */
  onClose(handler: (reason: string | null) => void): void;
  /** Bytes written that the peer has not taken yet have fallen to zero. */
  onDrain(handler: () => void): void;
  /**
   * Queues buffers without copying them: they must not change until `onTaken` is called, in a later turn, as the network
   * has copied them. It is never called when the connection breaks before that.
   */
  write(buffers: readonly Buffer[], onTaken?: () => void): void;
  /** Bytes queued and not yet given to the network. */
  readonly unsentBytes: number;
  /** Stops and restarts reading (back-pressure by TCP). */
  pause(): void;
  resume(): void;
  /** Ends after what was written has left. */
  end(): void;
  /** Ends now. */
  destroy(): void;
}

export interface Listener {
  readonly host: string;
  /** The port in use, also when 0 was asked for. */
  readonly port: number;
  /** Stops accepting. Open connections stay. */
  close(): void;
}

export interface Net {
  listen(
    options: { host: string; port: number },
    accept: (connection: Connection) => void,
  ): Promise<Listener>;
}

export type HashName = 'sha256' | 'sha512';

/** What authentication computes with. Nothing here keeps or logs what it is given. */
export interface Crypto {
  hash(name: HashName, data: Uint8Array): Buffer;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Buffer;
  /** PBKDF2 with HMAC (RFC 8018), as long as the hash, beside the event loop. */
  stretch(
    options: {
      readonly hash: HashName;
      readonly password: Uint8Array;
      readonly salt: Uint8Array;
      readonly iterations: number;
    },
    done: (key: Buffer) => void,
  ): void;
  /** In a time that depends on the lengths only. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** SASLprep (RFC 4013) of a name or a password; null where it is prohibited. */
  saslPrepare(text: string): string | null;
}

/** Kafka's codec numbers: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export type CompressionCodec = 0 | 1 | 2 | 3 | 4;

/** Compression in the framings that Kafka's clients write (Java snappy framing and raw, LZ4 frame). */
export interface Compression {
  /** Throws an Error on malformed input or when more than `bytesMax` would come out. */
  decompress(codec: CompressionCodec, input: Buffer, bytesMax: number): Buffer;
  /** `level` as the codec counts (gzip 1–9, zstd −131072–22), its default where nothing is said; others have none. */
  compress(codec: CompressionCodec, input: Buffer, level?: number): Buffer;
}

/** Structured logging; pino's signature. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A file of log lines, one JSON object each. */
export interface LogFile {
  readonly logger: Logger;
  /** After it was moved away: goes on in a new file of the same name. */
  reopen(): void;
  close(): void;
}

/** Everything a broker gets from outside. */
export interface Platform {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly net: Net;
  readonly random: Random;
  readonly crypto: Crypto;
  readonly compression: Compression;
  readonly logger: Logger;
  /** Appends to a file. Throws `DiskError`; `onError` hears, later, that lines can't be written. */
  openLogFile(path: string, onError: (error: Error) => void): LogFile;
}
