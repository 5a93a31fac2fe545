/** The table of lite subscriptions, beside one that is as plain as can be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueueSubscription } from '../../../src/broker/queues.ts';
import { LiteSubscriptions } from '../../../src/protocol/rocketmq/lite-subscriptions.ts';
import { Refusal } from '../../../src/protocol/rocketmq/status.ts';
import { channelKey } from '../../../src/queue/channels.ts';
import { TestClock } from '../../machine/support/test-clock.ts';

const MAX = 5;
const SILENT_MS = 60_000;
const GROUPS = [1, 2].map((id) => ({ id }) as QueueSubscription);
const CLIENTS = ['x', 'y', 'z'];
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

type Action = 'add' | 'replace' | 'remove' | 'remove all' | 'leave';

interface Step {
  readonly action: Action;
  readonly group: QueueSubscription;
  readonly clientId: string;
  readonly names: readonly string[];
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom<Action>('add', 'add', 'replace', 'remove', 'remove all', 'leave'),
  group: fc.constantFrom(...GROUPS),
  clientId: fc.constantFrom(...CLIENTS),
  names: fc.array(fc.constantFrom(...NAMES), { maxLength: 7 }),
});

/** Names by group and client. */
class Model {
  readonly #names = new Map<string, Set<string>>();
  readonly #isExclusive: boolean;

  constructor(isExclusive: boolean) {
    this.#isExclusive = isExclusive;
  }

  of(group: QueueSubscription, clientId: string): Set<string> {
    const at = `${group.id} ${clientId}`;
    if (!this.#names.has(at)) this.#names.set(at, new Set());
    return this.#names.get(at)!;
  }

  /** Who is told that a name is lost; null: refused. */
  step({ action, group, clientId, names }: Step): string[] | null {
    const own = this.of(group, clientId);
    const others = CLIENTS.filter((id) => id !== clientId);
    if (action === 'leave') for (const each of GROUPS) this.of(each, clientId).clear();
    else if (action === 'remove all') own.clear();
    else if (action === 'remove') for (const name of names) own.delete(name);
    else if (action === 'add') {
      if (new Set([...own, ...names]).size > MAX) return null;
      for (const name of names) own.add(name);
      if (!this.#isExclusive) return [];
      return others.flatMap((id) =>
        names.filter((name) => this.of(group, id).delete(name)).map((name) => `${id} ${name}`),
      );
    } else {
      const isOthers = (name: string): boolean =>
        this.#isExclusive && !own.has(name) && others.some((id) => this.of(group, id).has(name));
      const all = new Set(names.filter((name) => !isOthers(name)));
      if (all.size > MAX) return null;
      own.clear();
      for (const name of all) own.add(name);
      return [...new Set(names.filter(isOthers))].map((name) => `${clientId} ${name}`);
    }
    return [];
  }
}

function act(table: LiteSubscriptions, one: Step, isExclusive: boolean): string[] | null {
  const { action, group: subscription, clientId, names } = one;
  const client = { subscription, clientId };
  if (action === 'leave') table.leave(clientId);
  else if (action === 'remove') table.remove(client, names);
  else if (action === 'remove all') table.remove(client, null);
  else {
    const change = { ...client, names, max: MAX, isExclusive };
    const evicted = action === 'add' ? table.add(change) : table.replace(change);
    if (evicted instanceof Refusal) return null;
    return evicted.map(({ clientId: id, name }) => `${id} ${name}`);
  }
  return [];
}

describe('the table of lite subscriptions', () => {
  it('does what a plain one does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, isExclusive) => {
        const clock = new TestClock();
        const table = new LiteSubscriptions(clock);
        const model = new Model(isExclusive);
        for (const one of steps) {
          const told = act(table, one, isExclusive);
          expect(told?.sort() ?? null).toEqual(model.step(one)?.sort() ?? null);
        }
        let count = 0;
        clock.advance(2 * SILENT_MS);
        for (const subscription of GROUPS) {
          const wanted = new Set<string>();
          for (const clientId of CLIENTS) {
            const names = [...model.of(subscription, clientId)];
            const interest = table.interestOf({ subscription, clientId });
            expect([...interest.names()].sort()).toEqual(names.sort());
            for (const name of names) wanted.add(name);
            count += names.length;
          }
          const interest = table.interestOf({ subscription, clientId: 'x' });
          clock.advance(2 * SILENT_MS);
          const isWanted = NAMES.filter((name) => interest.audience.isWanted(channelKey(Buffer.from(name))));
          expect(isWanted).toEqual(NAMES.filter((name) => wanted.has(name)));
        }
        expect(table.count).toBe(count);
      }),
    );
  });

  it('gives clients time to say what they want before it is nobody’s', () => {
    const clock = new TestClock();
    const interest = new LiteSubscriptions(clock).interestOf({ subscription: GROUPS[0]!, clientId: 'x' });
    expect(interest.audience.isWanted(1)).toBe(true);
    clock.advance(SILENT_MS);
    expect(interest.audience.isWanted(1)).toBe(false);
  });
});
