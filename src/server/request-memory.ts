/**
 * The memory of requests over gRPC, of all connections together (polylog.rocketmq.inflight.bytes): parts of messages that have arrived,
 * and whole messages that are in work. Counted is what is there, not what a length claims.
 *
 * Where there is no room, calls that have had a part of a message for the longest time are refused first: those who send slowly, or
 * never the rest, don't keep others from sending. If all of it is in work, the call that wants more is refused. A connection has half
 * of it at most, or one message. So nobody waits for a client, no client has everything, and what is refused says so.
 *
 * Nothing is left unread instead: HTTP/2 gives back the window of a connection whichever of its streams are read, so that what arrives on
 * the others would be kept uncounted.
 */

/** What has a part of a message. */
export interface Refusable {
  /** There is no room for it. It is to release what it has. */
  refuse(): void;
}

export class RequestMemory {
  readonly bytesMax: number;
  /** Calls that have a part of a message, in the order in which they got it. */
  readonly parts = new Set<CallMemory>();
  usedBytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  connection(): ConnectionMemory {
    return new ConnectionMemory(this);
  }

  /** Whether there is room for so many bytes more of `call`, which may cost others theirs. */
  makeRoom(bytes: number, call: CallMemory): boolean {
    for (const oldest of this.parts) {
      if (this.usedBytes + bytes <= this.bytesMax) break;
      if (oldest !== call) oldest.owner.refuse();
    }
    return this.usedBytes + bytes <= this.bytesMax;
  }
}

/** What the calls of one connection have. */
export class ConnectionMemory {
  readonly all: RequestMemory;
  usedBytes = 0;

  constructor(all: RequestMemory) {
    this.all = all;
  }

  call(owner: Refusable): CallMemory {
    return new CallMemory(this, owner);
  }
}

/** What one call has. */
export class CallMemory {
  readonly owner: Refusable;
  readonly #connection: ConnectionMemory;
  #usedBytes = 0;

  constructor(connection: ConnectionMemory, owner: Refusable) {
    this.#connection = connection;
    this.owner = owner;
  }

  /** Before so many bytes are taken. False: the call is to be refused. */
  mayTake(bytes: number): boolean {
    const { all, usedBytes } = this.#connection;
    const isAlone = usedBytes === this.#usedBytes;
    if (!isAlone && usedBytes + bytes > all.bytesMax / 2) return false;
    return all.makeRoom(bytes, this);
  }

  /** What it has now: of a message that isn't whole, and of whole ones that are in work. */
  set(partBytes: number, workBytes: number): void {
    const { all } = this.#connection;
    const more = partBytes + workBytes - this.#usedBytes;
    this.#usedBytes += more;
    this.#connection.usedBytes += more;
    all.usedBytes += more;
    if (partBytes === 0) all.parts.delete(this);
    else all.parts.add(this);
  }
}
