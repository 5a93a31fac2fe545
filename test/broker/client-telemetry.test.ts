import { describe, expect, it } from 'vitest';
import { ClientTelemetry, type TelemetryPoint } from '../../src/broker/client-telemetry.ts';

const CLIENT = { clientId: 'c', softwareName: 's', softwareVersion: '1', address: '127.0.0.1' };

function point(name: string, value: number, fields: Partial<TelemetryPoint> = {}): TelemetryPoint {
  return { name, value, labels: [], type: 'counter', delta: false, ...fields };
}

class Stage {
  nowMs = 0;
  next: TelemetryPoint[] | null = [];
  readonly telemetry = new ClientTelemetry({
    clock: { monotonicMs: () => this.nowMs } as never,
    decode: () => this.next,
    pointsMax: 3,
    instancesMax: 2,
  });

  push(id: string, points: TelemetryPoint[] | null): boolean {
    this.next = points;
    return this.telemetry.push({ id, client: CLIENT, metrics: Buffer.alloc(0), keepMs: 100 });
  }

  values(id: string): [string, number][] | undefined {
    const instance = [...this.telemetry.instances()].find((one) => one.id === id);
    return instance?.points.map(({ name, value }) => [name, value]);
  }
}

describe('metrics of clients', () => {
  it('have the latest value; changes are added up, and counters stay', () => {
    const stage = new Stage();
    expect(stage.push('a', [point('total', 5), point('level', 1, { type: 'gauge' })])).toBe(true);
    stage.push('a', [point('total', 7), point('added', 2, { delta: true })]);
    expect(stage.values('a')).toEqual([
      ['total', 7],
      ['added', 2],
    ]);
    stage.push('a', [point('added', 3, { delta: true })]);
    expect(stage.values('a')).toEqual([
      ['total', 7],
      ['added', 5],
    ]);
  });

  it('tell labels apart', () => {
    const stage = new Stage();
    stage.push('a', [point('n', 1, { labels: [['node', '1']] }), point('n', 2, { labels: [['node', '2']] })]);
    expect(stage.values('a')).toHaveLength(2);
  });

  it('are bounded in clients and points', () => {
    const stage = new Stage();
    stage.push('a', [point('1', 1), point('2', 1), point('3', 1), point('4', 1)]);
    expect(stage.values('a')).toHaveLength(3);
    stage.push('b', []);
    stage.push('a', []);
    stage.push('c', []);
    expect([...stage.telemetry.instances()].map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('of a client that falls silent are gone, and what is not understood changes nothing', () => {
    const stage = new Stage();
    stage.push('a', [point('n', 1)]);
    stage.nowMs = 99;
    expect(stage.push('b', null)).toBe(false);
    expect(stage.telemetry.instanceCount).toBe(1);
    stage.nowMs = 100;
    expect(stage.telemetry.instanceCount).toBe(0);
  });
});
