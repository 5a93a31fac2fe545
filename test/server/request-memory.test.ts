/** Who gets room for a request, who waits, who is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallMemory, type ConnectionMemory, RequestMemory } from '../../src/server/request-memory.ts';

/** A call that takes what it is given, as a request does. */
class Call {
  readonly #memory: CallMemory;
  #part = 0;
  #work = 0;
  isRefused = false;

  constructor(connection: ConnectionMemory) {
    this.#memory = connection.call(this);
  }

  get bytes(): number {
    return this.#part + this.#work;
  }

  part(bytes: number): this {
    if (this.isRefused) return this;
    if (!this.#memory.mayTake(bytes)) this.refuse();
    else this.#set(this.#part + bytes, this.#work);
    return this;
  }

  whole(): this {
    if (!this.isRefused) this.#set(0, this.bytes);
    return this;
  }

  done(): void {
    this.#set(0, 0);
  }

  refuse(): void {
    this.isRefused = true;
    this.#set(0, 0);
  }

  #set(part: number, work: number): void {
    this.#part = part;
    this.#work = work;
    this.#memory.set(part, work);
  }
}

describe('the memory of all requests', () => {
  it('is taken from those that have had a part for the longest time', () => {
    const all = new RequestMemory(100);
    const [slow, slower, quick] = Array.from({ length: 3 }, () => new Call(all.connection()));
    slow!.part(40);
    slower!.part(40);
    slow!.part(10);
    quick!.part(30).whole();
    expect([slow, slower, quick].map((call) => call!.isRefused)).toEqual([true, false, false]);
    expect(all.usedBytes).toBe(70);
  });

  it('that is all in work is not taken from anybody: what is new is refused', () => {
    const all = new RequestMemory(100);
    const first = new Call(all.connection()).part(100).whole();
    const second = new Call(all.connection()).part(1);
    expect([first.isRefused, second.isRefused]).toEqual([false, true]);
    first.done();
    expect(new Call(all.connection()).part(100).isRefused).toBe(false);
  });

  it('is half for one connection, or all for one message of it', () => {
    const connection = new RequestMemory(100).connection();
    const calls = [30, 20, 1].map((bytes) => new Call(connection).part(bytes));
    expect(calls.map(({ isRefused }) => isRefused)).toEqual([false, false, true]);
    calls[1]!.done();
    expect(calls[0]!.part(70).isRefused).toBe(false);
    expect(new Call(connection).part(1).isRefused).toBe(true);
  });
});

it('never has more than the bound, and knows what it has', () => {
  const step = fc.record({
    call: fc.nat(7),
    what: fc.constantFrom('part', 'part', 'whole', 'done'),
    bytes: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const all = new RequestMemory(200);
      const connections = [all.connection(), all.connection(), all.connection()];
      const calls: (Call | null)[] = Array.from({ length: 8 }, () => null);
      for (const { call: i, what, bytes } of steps) {
        const call = (calls[i] ??= new Call(connections[i % 3]!));
        if (what === 'part') call.part(bytes);
        if (what === 'whole') call.whole();
        if (what === 'done') call.done();
        if (what === 'done' || call.isRefused) calls[i] = null;
        expect(all.usedBytes).toBe(calls.reduce((sum, one) => sum + (one?.bytes ?? 0), 0));
        expect(all.usedBytes).toBeLessThanOrEqual(200);
      }
      for (const call of calls) call?.done();
      expect([all.usedBytes, all.parts.size]).toEqual([0, 0]);
      expect(connections.map(({ usedBytes }) => usedBytes)).toEqual([0, 0, 0]);
    }),
  );
});
