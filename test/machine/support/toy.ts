/**
 * A toy machine: numbers by name. `wait` waits until a number reaches a bound, `later` adds when a timer fires, and
 * reads are counted in volatile state.
 */
import { BrokerError } from '../../../src/base/errors.ts';
import type { Machine, Reply, StoredRecord } from '../../../src/machine/machine.ts';

export type ToyCommand =
  | { readonly kind: 'add'; readonly name: string; readonly by: number }
  | { readonly kind: 'get'; readonly name: string }
  | { readonly kind: 'wait'; readonly name: string; readonly bound: number }
  | { readonly kind: 'later'; readonly name: string; readonly by: number; readonly inMs: number }
  | { readonly kind: 'fire'; readonly name: string };

export type ToyRecord =
  | { readonly kind: 'set'; readonly name: string; readonly value: number }
  | { readonly kind: 'due'; readonly name: string; readonly by: number; readonly atMs: number }
  | { readonly kind: 'fired'; readonly name: string }
  | { readonly kind: 'waiter'; readonly name: string; readonly bound: number; readonly token: number }
  | { readonly kind: 'woken'; readonly tokens: readonly number[] }
  | { readonly kind: 'read' };

export interface ToyState {
  readonly values: Map<string, number>;
  readonly due: Map<string, { by: number; atMs: number }>;
  waiters: { name: string; bound: number; token: number }[];
  reads: number;
}

export const toyMachine: Machine<ToyState, ToyCommand, ToyRecord, number> = {
  name: 'toy',
  initial: () => ({ values: new Map(), due: new Map(), waiters: [], reads: 0 }),

  decide(state, command, token, nowMs) {
    switch (command.kind) {
      case 'get': {
        const value = state.values.get(command.name) ?? 0;
        return { volatile: [{ kind: 'read' }], replies: [{ to: token, answer: value }] };
      }
      case 'add': {
        if (command.by === 0) {
          return { replies: [{ to: token, answer: new BrokerError('invalid-request', 'Add something.') }] };
        }
        const value = (state.values.get(command.name) ?? 0) + command.by;
        const woken = state.waiters.filter((w) => w.name === command.name && w.bound <= value);
        const replies: Reply<number>[] = woken.map((w) => ({ to: w.token, answer: value }));
        return {
          records: [{ kind: 'set', name: command.name, value }],
          volatile: [{ kind: 'woken', tokens: woken.map((w) => w.token) }],
          replies: [...replies, { to: token, answer: value }],
        };
      }
      case 'wait': {
        const value = state.values.get(command.name) ?? 0;
        if (value >= command.bound) return { replies: [{ to: token, answer: value }] };
        return { volatile: [{ kind: 'waiter', name: command.name, bound: command.bound, token }] };
      }
      case 'later': {
        const atMs = nowMs + command.inMs;
        return {
          records: [{ kind: 'due', name: command.name, by: command.by, atMs }],
          timers: [{ key: command.name, atMs, command: { kind: 'fire', name: command.name } }],
          replies: [{ to: token, answer: 0 }],
        };
      }
      case 'fire': {
        const due = state.due.get(command.name);
        if (due === undefined) return {};
        const value = (state.values.get(command.name) ?? 0) + due.by;
        return {
          records: [
            { kind: 'set', name: command.name, value },
            { kind: 'fired', name: command.name },
          ],
        };
      }
    }
  },

  apply(state, record) {
    switch (record.kind) {
      case 'set':
        state.values.set(record.name, record.value);
        break;
      case 'due':
        state.due.set(record.name, { by: record.by, atMs: record.atMs });
        break;
      case 'fired':
        state.due.delete(record.name);
        break;
      case 'waiter':
        state.waiters.push({ name: record.name, bound: record.bound, token: record.token });
        break;
      case 'woken':
        state.waiters = state.waiters.filter((w) => !record.tokens.includes(w.token));
        break;
      case 'read':
        state.reads++;
    }
  },

  *snapshot(state) {
    for (const [name, value] of state.values) yield { kind: 'set', name, value };
    for (const [name, { by, atMs }] of state.due) yield { kind: 'due', name, by, atMs };
  },

  resume(state) {
    return [...state.due].map(([name, { atMs }]) => ({ key: name, atMs, command: { kind: 'fire', name } }));
  },

  encode(record): StoredRecord {
    return { key: Buffer.from([1]), value: Buffer.from(JSON.stringify(record)) };
  },

  decode(stored) {
    if (stored.key[0] !== 1) throw new Error(`the record format ${stored.key[0]} is unknown`);
    return JSON.parse(stored.value!.toString()) as ToyRecord;
  },
};
