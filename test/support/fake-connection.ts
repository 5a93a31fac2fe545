/** A connection without a network: tests say what arrives and when the peer takes what was written. */
import type { Connection } from '../../src/platform/ports.ts';

export class FakeConnection implements Connection {
  readonly remote = '192.0.2.7:5000';
  readonly remoteHost = '192.0.2.7';
  readonly peerName = null;
  /** What was written and not looked at yet. */
  written: Buffer[] = [];
  paused = false;
  ended = false;
  destroyed = false;
  /** How many bytes the peer takes at once; the rest stays unsent. */
  windowBytes = Number.POSITIVE_INFINITY;
  unsentBytes = 0;
  #onData: (chunk: Buffer) => void = () => undefined;
  #onClose: (reason: string | null) => void = () => undefined;
  readonly #onTaken: (() => void)[] = [];
  #onDrain: () => void = () => undefined;

  onData(handler: (chunk: Buffer) => void): void {
    this.#onData = handler;
  }
  onClose(handler: (reason: string | null) => void): void {
    this.#onClose = handler;
  }
  onDrain(handler: () => void): void {
    this.#onDrain = handler;
  }
  write(buffers: readonly Buffer[], onTaken?: () => void): void {
    if (onTaken !== undefined) this.#onTaken.push(onTaken);
    for (const buffer of buffers) {
      this.written.push(buffer);
      this.unsentBytes += buffer.length;
    }
    this.unsentBytes = Math.max(0, this.unsentBytes - this.windowBytes);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }

  // What the peer does.

  send(...chunks: Buffer[]): void {
    for (const chunk of chunks) this.#onData(chunk);
  }
  takeAll(): void {
    this.unsentBytes = 0;
    for (const run of this.#onTaken.splice(0)) run();
    this.#onDrain();
  }
  hangUp(reason: string | null = null): void {
    this.#onClose(reason);
  }

  /** The answers written since the last look, without their sizes. */
  answers(): Buffer[] {
    const bytes = Buffer.concat(this.written);
    this.written = [];
    const found: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = bytes.readInt32BE(at);
      found.push(bytes.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return found;
  }
}
