// Whose quota is whose, against a model that lists every level; and what is measured, for how long.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Quota, QuotaEntity, QuotaKey } from '../../src/metadata/quotas.ts';
import { ClientQuotas } from '../../src/quota/client-quotas.ts';
import { QuotaTable } from '../../src/quota/quota-table.ts';

const WINDOWS = { samples: 11, sampleMs: 1000 };

function quota(entity: QuotaEntity, values: Partial<Record<QuotaKey, number>>): Quota {
  return { entity, values: new Map(Object.entries(values) as [QuotaKey, number][]) };
}

function quotas(list: readonly Quota[], measuredMax = 100): ClientQuotas {
  const made = new ClientQuotas({ windows: WINDOWS, mutationWindows: WINDOWS, measuredMax });
  made.load(list);
  return made;
}

const ALICE = { user: 'alice', clientId: 'app' };

describe('the order of quotas', () => {
  /** Kafka's eight levels, strongest first, with who shares the limit. */
  const levels = ({ user, clientId }: { user: string; clientId: string }) =>
    [
      [{ user, clientId }, `${user}|${clientId}`],
      [{ user, clientId: null }, `${user}|${clientId}`],
      [{ user }, user],
      [{ user: null, clientId }, `${user}|${clientId}`],
      [{ user: null, clientId: null }, `${user}|${clientId}`],
      [{ user: null }, user],
      [{ clientId }, `|${clientId}`],
      [{ clientId: null }, `|${clientId}`],
    ] as const;
  const same = (a: QuotaEntity, b: QuotaEntity): boolean =>
    a.user === b.user && a.clientId === b.clientId && a.ip === b.ip;

  it("is Kafka's, and who shares a limit is told apart from who doesn't", () => {
    const name = fc.constantFrom('a', 'b', 'c:');
    const given = fc.option(name, { nil: null });
    const entity: fc.Arbitrary<QuotaEntity> = fc.oneof(
      fc.record({ user: given }),
      fc.record({ clientId: given }),
      fc.record({ user: given, clientId: given }),
      fc.record({ ip: given }),
    );
    const client = fc.record({ user: name, clientId: fc.constantFrom('', 'a', 'b', 'c:') });
    fc.assert(
      fc.property(fc.uniqueArray(entity, { comparator: same }), fc.array(client), (entities, clients) => {
        const all = entities.map((one, i) => quota(one, { producer_byte_rate: i + 1 }));
        const table = new QuotaTable(all, 'producer_byte_rate');
        const sharers = new Map<string, string>();
        for (const one of clients) {
          const expected = levels(one).find(([level]) => {
            const usesClientId = level !== undefined && 'clientId' in level;
            if (usesClientId && one.clientId === '') return false;
            return entities.some((other) => same(other, level));
          });
          const found = table.find(one);
          if (expected === undefined) {
            expect(found).toBeNull();
            continue;
          }
          const index = entities.findIndex((other) => same(other, expected[0]));
          expect(found?.perSecond).toBe(index + 1);
          const [, model] = expected;
          expect(sharers.get(found!.sharedBy) ?? model).toBe(model);
          sharers.set(found!.sharedBy, model);
        }
        expect(new Set(sharers.values()).size).toBe(sharers.size);
      }),
    );
  });

  it('is found for each key by itself', () => {
    const made = quotas([
      quota(ALICE, { consumer_byte_rate: 10 }),
      quota({ user: 'alice' }, { producer_byte_rate: 20 }),
    ]);
    expect(made.mostAtOnce('fetch', ALICE)).toBe(100);
    expect(made.mostAtOnce('produce', ALICE)).toBe(200);
    expect(made.mostAtOnce('request', ALICE)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('bytes', () => {
  it('pause who is above the quota until the window has made up for it', () => {
    const made = quotas([quota({ user: 'alice' }, { producer_byte_rate: 100 })]);
    expect(made.record('produce', ALICE, 1000, 0)).toBe(0);
    // 1,500 in the 10 s that count are 150 a second: half more than may be, so half of the window more.
    expect(made.record('produce', ALICE, 500, 0)).toBe(5000);
    expect(made.record('produce', { user: 'alice', clientId: 'other' }, 0, 0)).toBe(5000);
    expect(made.record('produce', { user: 'bob', clientId: 'app' }, 5000, 0)).toBe(0);
    expect(made.record('produce', ALICE, -500, 0)).toBe(0);
  });

  it('of each client of a default are its own', () => {
    const made = quotas([quota({ clientId: null }, { consumer_byte_rate: 100 })]);
    expect(made.record('fetch', { user: 'x', clientId: 'a' }, 2000, 0)).toBe(10_000);
    expect(made.record('fetch', { user: 'x', clientId: 'b' }, 1000, 0)).toBe(0);
    expect(made.record('fetch', { user: 'y', clientId: 'a' }, 0, 0)).toBe(10_000);
    expect(made.record('fetch', { user: 'y', clientId: '' }, 1e9, 0)).toBe(0);
  });

  it('that were used count on when a quota changes, at once', () => {
    const made = quotas([quota({ user: 'alice' }, { producer_byte_rate: 100 })]);
    expect(made.record('produce', ALICE, 1000, 0)).toBe(0);
    made.load([quota({ user: 'alice' }, { producer_byte_rate: 50 })]);
    expect(made.record('produce', ALICE, 0, 0)).toBe(10_000);
    made.load([]);
    expect(made.active).toBe(false);
    expect(made.record('produce', ALICE, 1e9, 0)).toBe(0);
  });
});

describe('request time', () => {
  it('pauses for one sample at most', () => {
    const made = quotas([quota({ user: 'alice' }, { request_percentage: 1 })]);
    expect(made.record('request', ALICE, 10, 0)).toBe(0);
    expect(made.record('request', ALICE, 0.5, 0)).toBe(500);
    expect(made.record('request', ALICE, 100, 0)).toBe(1000);
  });
});

describe('mutations', () => {
  const made = (): ClientQuotas => quotas([quota({ user: 'alice' }, { controller_mutation_rate: 2 })]);

  it('are refused strictly once the bucket is overdrawn, and not counted then', () => {
    const strict = made();
    expect(strict.mutate(ALICE, { count: 20, strict: true }, 0)).toBe(0);
    expect(strict.mutate(ALICE, { count: 6, strict: true }, 0)).toBe(0);
    expect(strict.mutate(ALICE, { count: 1, strict: true }, 0)).toBe(2000);
    expect(strict.mutate(ALICE, { count: 1, strict: true }, 1500)).toBe(500);
    expect(strict.mutate(ALICE, { count: 1, strict: true }, 2000)).toBe(0);
  });

  it('are let through permissively, and paused for', () => {
    const permissive = made();
    expect(permissive.mutate(ALICE, { count: 26, strict: false }, 0)).toBe(2000);
    expect(permissive.mutate(ALICE, { count: 2, strict: false }, 0)).toBe(3000);
  });

  it('that did not come about are given back', () => {
    const strict = made();
    strict.mutate(ALICE, { count: 100, strict: true }, 0);
    strict.unmutate(ALICE, 90, 0);
    expect(strict.mutate(ALICE, { count: 1, strict: true }, 0)).toBe(0);
  });
});

describe('what is remembered', () => {
  it('is who has a limit and was active in the window', () => {
    const made = quotas([quota({ user: null }, { producer_byte_rate: 5, controller_mutation_rate: 5 })]);
    made.record('produce', ALICE, 100, 0);
    made.record('fetch', ALICE, 100, 0);
    made.mutate(ALICE, { count: 60, strict: true }, 0);
    expect(made.measuredCount).toBe(2);
    made.forgetIdle(10_999);
    expect(made.measuredCount).toBe(2);
    made.forgetIdle(11_000);
    expect(made.measuredCount).toBe(1);
    made.forgetIdle(12_000);
    expect(made.measuredCount).toBe(0);
  });

  it('is bounded: idle ones go first, and then the oldest', () => {
    const made = quotas([quota({ user: null }, { producer_byte_rate: 5 })], 50);
    const one = (i: number): { user: string; clientId: string } => ({ user: `u${i}`, clientId: '' });
    for (let i = 0; i < 50; i++) made.record('produce', one(i), 100, i < 25 ? 0 : 10_000);
    made.record('produce', one(50), 100, 12_000);
    expect(made.measuredCount).toBe(26);
    for (let i = 100; i < 200; i++) made.record('produce', one(i), 100, 12_000);
    expect(made.measuredCount).toBe(50);
    expect(made.record('produce', one(199), 0, 12_000)).toBeGreaterThan(0);
    expect(made.record('produce', one(26), 0, 12_000)).toBe(0);
  });
});
