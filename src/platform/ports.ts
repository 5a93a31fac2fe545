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
  /** The same beside the event loop: the buffers must not change, nor the file be closed, before `done` is called. */
  writevBeside(
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: DiskError | null) => void,
  ): void;
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
  /**
   * The distinguished name (RFC 2253) of the certificate that the peer has shown, where the listener asks for one and knows
   * its authority; null otherwise.
   */
  readonly peerName: string | null;
  /**
   * Handlers are set once, in the same turn in which the connection was accepted. A chunk is borrowed: its memory is read
   * into again when the handler has returned.
   */
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
  /** Shows these to connections from now on. Throws an Error that says why where they can't be used: the old ones stay. */
  renewTls(credentials: TlsCredentials): void;
  /** Stops accepting. Open connections stay. */
  close(): void;
}

/** What a TLS listener shows, and whom it knows. */
export interface TlsCredentials {
  readonly identity:
    | { readonly kind: 'pem'; readonly certificates: string; readonly key: string }
    | { readonly kind: 'pkcs12'; readonly bytes: Buffer };
  /** Of the key. */
  readonly passphrase: string | null;
  /** Certificates in PEM by whose authority clients are known; null: no client is asked for one. */
  readonly trusted: string | null;
}

export interface TlsListenerOptions {
  readonly credentials: TlsCredentials;
  readonly clientAuth: 'none' | 'requested' | 'required';
  /** TLSv1.2, TLSv1.3 */
  readonly protocols: readonly string[];
  /** Empty: the runtime's own. */
  readonly cipherSuites: readonly string[];
  /** What is spoken over TLS (ALPN); none: that isn't said. */
  readonly applicationProtocols?: readonly string[];
  readonly handshakeMsMax: number;
  /** Connections in the handshake at one time; further ones are closed at once. */
  readonly handshakesMax: number;
  /** `remote` is host:port; `reason` a sentence without a full stop. */
  readonly onHandshakeFailed: (remote: string, reason: string) => void;
}

export interface Net {
  listen(
    /** Without `tls` connections are plain. An Error says where its credentials can't be used. */
    options: { host: string; port: number; tls?: TlsListenerOptions | null },
    accept: (connection: Connection) => void,
  ): Promise<Listener>;
  /** Rejects with an Error that says why a listener could not show these. */
  checkTls(credentials: TlsCredentials): Promise<void>;
}

export type HashName = 'sha256' | 'sha512';
/** Also the broken ones that protocols name: fit for finding damage, and where a protocol knows no other. */
export type DigestName = HashName | 'md5' | 'sha1';

/** What authentication computes with. Nothing here keeps or logs what it is given. */
export interface Crypto {
  hash(name: DigestName, data: Uint8Array): Buffer;
  hmac(name: DigestName, key: Uint8Array, data: Uint8Array): Buffer;
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

export interface TokenRules {
  /** Where the keys of signatures are (https:, http: or file:); null: tokens without a signature are taken. */
  readonly jwksUrl: string | null;
  /** How long keys are kept. */
  readonly refreshMs: number;
  /** The least time between two readings of the keys. */
  readonly retryMs: number;
  /** Null: any. */
  readonly issuer: string | null;
  /** One of these must be in the token; empty: any. */
  readonly audiences: readonly string[];
  readonly clockSkewSeconds: number;
  /** The claim that has the name of the user. */
  readonly subClaim: string;
}

/** What a bearer token shows, or why it shows nothing. */
export type TokenVerdict =
  | { readonly kind: 'valid'; readonly subject: string; readonly expiresAtMs: number }
  | { readonly kind: 'invalid'; readonly reason: string };

export interface TokenVerifier {
  verify(token: string, done: (verdict: TokenVerdict) => void): void;
}

/** Signed tokens (JWT, RFC 7519), and the keys that they are checked with. */
export interface Tokens {
  verifier(rules: TokenRules): TokenVerifier;
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

/** Small files that an operator keeps beside the broker: certificates, keys. */
export interface Files {
  /** The whole of it. Throws an Error that says why not. */
  read(path: string): Buffer;
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
  readonly tokens: Tokens;
  readonly files: Files;
  readonly compression: Compression;
  readonly logger: Logger;
  /** Appends to a file. Throws `DiskError`; `onError` hears, later, that lines can't be written. */
  openLogFile(path: string, onError: (error: Error) => void): LogFile;
}
