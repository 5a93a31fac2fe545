/**
 * The network of a simulated world: connections between processes, each direction a pipe with a latency, a window
 * (what the kernels on both sides hold) and an order that is kept. Chunks are split and merged at random.
 *
 * Faults: a connection can be cut (nothing arrives any more, and neither side is told unless a time for it is given),
 * stalled (everything waits until a time), reset; a process that dies resets its connections, or, when the machine
 * lost its power, leaves them half-open. Bytes are copied when they enter the network, so that a sender that changes
 * a buffer it has written is found by what arrives.
 */
import type { Connection, Listener, Net } from '../src/platform/ports.ts';
import type { Prng } from './prng.ts';
import type { SimProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** How a network behaves; times in µs. */
export interface NetConditions {
  latencyUsMin: number;
  latencyUsMax: number;
  /** Probability that one chunk takes up to 50 times as long. */
  spikes: number;
  /** Largest chunk; each one's size is drawn up to this. */
  chunkBytesMax: number;
  windowBytesMin: number;
  windowBytesMax: number;
}

export const CALM_NET: NetConditions = {
  latencyUsMin: 20,
  latencyUsMax: 300,
  spikes: 0.01,
  chunkBytesMax: 65_536,
  windowBytesMin: 4096,
  windowBytesMax: 262_144,
};

interface SimListener {
  readonly process: SimProcess;
  readonly accept: (connection: Connection) => void;
}

export class SimNetwork {
  readonly conditions: NetConditions = { ...CALM_NET };
  readonly connections = new Set<SimConnection>();
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #listeners = new Map<string, SimListener>();
  #nextPort = 30_000;

  constructor(scheduler: Scheduler, prng: Prng) {
    this.#scheduler = scheduler;
    this.#prng = prng;
  }

  /** The Net port of a process. */
  attach(process: SimProcess): Net {
    return {
      listen: async ({ host, port }, accept) => {
        process.check();
        const chosen = port === 0 ? this.#nextPort++ : port;
        return this.#listen({ process, host, port: chosen, accept });
      },
      checkTls: () => Promise.reject(new Error('the simulated network has no TLS')),
    };
  }

  /** Opens a connection from `process` to a listener; null when nobody listens there. */
  connect(process: SimProcess, from: string, to: { host: string; port: number }): SimConnection | null {
    const listener = this.#listeners.get(`${to.host}:${to.port}`);
    if (listener === undefined || !listener.process.alive) return null;
    const shared = { scheduler: this.#scheduler, prng: this.#prng, conditions: this.conditions };
    const near = new SimConnection(shared, process, to.host, to.port);
    const far = new SimConnection(shared, listener.process, from, this.#nextPort++);
    near.peer = far;
    far.peer = near;
    for (const one of [near, far]) {
      this.connections.add(one);
      one.whenClosed(() => this.connections.delete(one));
    }
    this.#scheduler.schedule(shared.prng.between(50, 400), listener.process, () => listener.accept(far));
    return near;
  }

  /**
   * Ends the connections of a process that has died: with a reset, as a kernel does for a killed process, or in
   * silence, as a machine does that lost its power.
   */
  processDied(process: SimProcess, silently: boolean): void {
    for (const [address, listener] of this.#listeners) {
      if (listener.process === process) this.#listeners.delete(address);
    }
    for (const one of [...this.connections]) {
      if (one.process !== process) continue;
      if (silently) one.cut();
      else one.reset('connection reset by peer');
      this.connections.delete(one);
    }
  }

  #listen(options: SimListener & { host: string; port: number }): Listener {
    const { host, port, process, accept } = options;
    const address = `${host}:${port}`;
    const taken = this.#listeners.get(address);
    if (taken?.process.alive) throw new Error(`${address} is in use`);
    const listener = { process, accept };
    this.#listeners.set(address, listener);
    return {
      host,
      port,
      renewTls: () => {
        throw new Error('the simulated network has no TLS');
      },
      close: () => {
        if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
      },
    };
  }
}

interface Shared {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly conditions: NetConditions;
}

/** One side of a connection. */
export class SimConnection implements Connection {
  readonly remote: string;
  readonly remoteHost: string;
  readonly peerName = null;
  readonly process: SimProcess;
  peer!: SimConnection;
  readonly #shared: Shared;
  readonly #windowBytes: number;
  /** Written and not yet in the network. */
  readonly #unsent: Buffer[] = [];
  #unsentBytes = 0;
  /** Copied into the network so far, and who wants to know when it is so much. */
  #takenBytes = 0;
  readonly #takers: { readonly atBytes: number; readonly onTaken: () => void }[] = [];
  /** In the network or waiting at the peer. */
  #inFlight = 0;
  #lastArrivalUs = 0;
  /** Arrived and not yet handed out. */
  #inbox: Buffer[] = [];
  #paused = false;
  #ending = false;
  #finSent = false;
  #finReceived = false;
  #closed = false;
  #lost = false;
  #stalledUntilUs = 0;
  #delivering = false;
  #data: ((chunk: Buffer) => void) | null = null;
  #close: ((reason: string | null) => void) | null = null;
  #drain: (() => void) | null = null;
  readonly #whenClosed: (() => void)[] = [];
  /** Bytes handed out to the process behind this side. */
  bytesReceived = 0;

  constructor(shared: Shared, process: SimProcess, remoteHost: string, remotePort: number) {
    this.#shared = shared;
    this.process = process;
    this.remoteHost = remoteHost;
    this.remote = `${remoteHost}:${remotePort}`;
    this.#windowBytes = shared.prng.between(
      shared.conditions.windowBytesMin,
      shared.conditions.windowBytesMax,
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  onData(handler: (chunk: Buffer) => void): void {
    this.#data = handler;
    this.#deliverSoon();
  }

  onClose(handler: (reason: string | null) => void): void {
    this.#close = handler;
  }

  onDrain(handler: () => void): void {
    this.#drain = handler;
  }

  whenClosed(run: () => void): void {
    this.#whenClosed.push(run);
  }

  write(buffers: readonly Buffer[], onTaken?: () => void): void {
    if (this.#closed || this.#ending || !this.process.alive) return;
    for (const buffer of buffers) {
      if (buffer.length === 0) continue;
      this.#unsent.push(buffer);
      this.#unsentBytes += buffer.length;
    }
    if (onTaken !== undefined) this.#takers.push({ atBytes: this.#takenBytes + this.#unsentBytes, onTaken });
    this.#pump();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#deliverSoon();
  }

  end(): void {
    if (this.#closed || this.#ending || !this.process.alive) return;
    this.#ending = true;
    this.#pump();
  }

  destroy(): void {
    if (!this.process.alive) return;
    this.reset('connection reset by peer');
  }

  /** Ends both sides: this one at once, the peer after a latency with `reason`. */
  reset(reason: string): void {
    if (this.#closed) return;
    this.#finish(null);
    if (this.#lost) return;
    const { peer } = this;
    this.#shared.scheduler.schedule(this.#latencyUs(), peer.process, () => peer.#finish(reason));
  }

  /** Nothing arrives any more, in either direction. With `toldAfterMs`, both sides get a timeout then. */
  cut(toldAfterMs?: number): void {
    for (const side of [this, this.peer]) {
      side.#lost = true;
      if (toldAfterMs === undefined) continue;
      this.#shared.scheduler.schedule(toldAfterMs * 1000, side.process, () => side.#finish('timed out'));
    }
  }

  /** What is sent from now on arrives after this long, in both directions. */
  stall(forMs: number): void {
    const untilUs = this.#shared.scheduler.nowUs + forMs * 1000;
    this.#stalledUntilUs = untilUs;
    this.peer.#stalledUntilUs = untilUs;
  }

  #pump(): void {
    const { scheduler, prng, conditions } = this.#shared;
    while (this.#unsentBytes > 0 && this.#inFlight < this.#windowBytes) {
      const room = this.#windowBytes - this.#inFlight;
      const length = Math.min(this.#unsentBytes, room, prng.between(1, conditions.chunkBytesMax));
      const chunk = this.#takeUnsent(length);
      this.#inFlight += length;
      scheduler.schedule(this.#arrivalDelayUs(), this.peer.process, () => this.peer.#arrive(chunk));
    }
    if (this.#ending && !this.#finSent && this.#unsentBytes === 0) {
      this.#finSent = true;
      scheduler.schedule(this.#arrivalDelayUs(), this.peer.process, () => this.peer.#arriveFin());
      scheduler.schedule(this.#latencyUs(), this.process, () => this.#finish(null));
    }
  }

  /** Delays never let a chunk overtake the one before it. */
  #arrivalDelayUs(): number {
    const { nowUs } = this.#shared.scheduler;
    const atUs = Math.max(nowUs + this.#latencyUs(), this.#lastArrivalUs + 1, this.#stalledUntilUs);
    this.#lastArrivalUs = atUs;
    return atUs - nowUs;
  }

  #latencyUs(): number {
    const { prng, conditions } = this.#shared;
    const us = prng.between(conditions.latencyUsMin, conditions.latencyUsMax);
    return prng.chance(conditions.spikes) ? us * prng.between(2, 50) : us;
  }

  /** The next `length` unsent bytes, copied. */
  #takeUnsent(length: number): Buffer {
    const chunk = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const first = this.#unsent[0]!;
      const take = Math.min(first.length, length - filled);
      first.copy(chunk, filled, 0, take);
      filled += take;
      if (take === first.length) this.#unsent.shift();
      else this.#unsent[0] = first.subarray(take);
    }
    this.#unsentBytes -= length;
    this.#takenBytes += length;
    while (this.#takers.length > 0 && this.#takers[0]!.atBytes <= this.#takenBytes) {
      this.#shared.scheduler.schedule(0, this.process, this.#takers.shift()!.onTaken);
    }
    return chunk;
  }

  #arrive(chunk: Buffer): void {
    if (this.#closed || this.#lost) return;
    this.#inbox.push(chunk);
    this.#deliver();
  }

  #arriveFin(): void {
    if (this.#closed || this.#lost) return;
    this.#finReceived = true;
    this.#deliver();
  }

  #deliverSoon(): void {
    if (this.#delivering || this.#closed) return;
    if (this.#inbox.length === 0 && !this.#finReceived) return;
    this.#delivering = true;
    this.#shared.scheduler.schedule(this.#shared.prng.int(30), this.process, () => {
      this.#delivering = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#closed || this.#paused || this.#data === null) return;
    if (this.#inbox.length > 0) {
      const all = this.#inbox.length === 1 || this.#shared.prng.chance(0.5);
      const chunk = Buffer.from(all ? this.#takeInbox() : this.#inbox.shift()!);
      this.bytesReceived += chunk.length;
      const { peer } = this;
      this.#shared.scheduler.schedule(this.#latencyUs(), null, () => peer.#acknowledged(chunk.length));
      this.#data(chunk);
      // It was borrowed: whoever kept it finds that out.
      chunk.fill(0xee);
    }
    if (this.#inbox.length > 0) this.#deliverSoon();
    else if (this.#finReceived && !this.#paused) this.#finish(null);
  }

  #takeInbox(): Buffer {
    const chunk = this.#inbox.length === 1 ? this.#inbox[0]! : Buffer.concat(this.#inbox);
    this.#inbox = [];
    return chunk;
  }

  /** The peer's process has taken bytes: the window opens. */
  #acknowledged(bytes: number): void {
    if (this.#closed || this.#lost || !this.process.alive) return;
    this.#inFlight -= bytes;
    const waited = this.#unsentBytes > 0;
    this.#pump();
    if (!waited || this.#unsentBytes > 0) return;
    this.#shared.scheduler.schedule(0, this.process, () => {
      if (!this.#closed && this.#unsentBytes === 0) this.#drain?.();
    });
  }

  /** Closes this side and tells its process, later, exactly once. */
  #finish(reason: string | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsent.length = 0;
    this.#unsentBytes = 0;
    this.#inbox = [];
    for (const run of this.#whenClosed) run();
    this.#shared.scheduler.schedule(0, this.process, () => this.#close?.(reason));
  }
}
