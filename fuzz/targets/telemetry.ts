/** Metrics that clients push (OpenTelemetry's MetricsData): whatever bytes come, the page for Prometheus stays whole. */
import protobuf from 'protobufjs/minimal.js';
import type { Prng } from '../../sim/prng.ts';
import { clientFamilies } from '../../src/admin/client-metrics.ts';
import { decodeMetrics } from '../../src/admin/otlp.ts';
import { familyText } from '../../src/admin/prometheus-text.ts';
import { ClientTelemetry } from '../../src/broker/client-telemetry.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget } from '../target.ts';

const POINTS_MAX = 20;
const LINE =
  /^(# (HELP|TYPE) kafka_client_\w* [\w .]+|kafka_client_\w*\{(\w+="([^"\\\n]|\\["\\n])*",?)+\} (-?[\d.e+-]+|NaN|[+-]Inf))$/;

/** A message with some of the fields that mean something, and some that don't. */
function message(prng: Prng, depth: number): protobuf.Writer {
  const writer = protobuf.Writer.create();
  for (let count = prng.between(0, 4); count > 0; count--) {
    const field = prng.between(1, 11);
    const kind = prng.int(5);
    if (kind === 0) writer.uint32((field << 3) | 1).double(prng.int(1000) / 8);
    else if (kind === 1) writer.uint32((field << 3) | 0).int32(prng.int(4));
    else if (kind === 2)
      writer.uint32((field << 3) | 2).string(prng.pick(['', 'a.b', 'ü"\n\\', '0x', 'client_id']));
    else if (depth > 0) writer.uint32((prng.between(1, 2) << 3) | 2).bytes(message(prng, depth - 1).finish());
    else writer.uint32((field << 3) | 2).bytes(prng.bytes(prng.int(6)));
  }
  return writer;
}

export const telemetryTarget: FuzzTarget = {
  name: 'telemetry',
  generate(prng) {
    const bytes = Buffer.from(message(prng, 6).finish());
    return prng.chance(0.5) ? bytes : mutate(bytes, prng, 4);
  },
  execute(input) {
    const points = decodeMetrics(input, POINTS_MAX);
    expect(points === null || points.length <= POINTS_MAX, `${points?.length} points came of a push`);
    const telemetry = new ClientTelemetry({
      clock: { monotonicMs: () => 0 } as never,
      decode: decodeMetrics,
    });
    const client = { clientId: 'a"b\n', softwareName: '', softwareVersion: '', address: '::1' };
    const taken = telemetry.push({ id: 'i', client, metrics: input, keepMs: 1 });
    expect(taken === (points !== null), 'a push is taken where it can be read');
    const text = clientFamilies(telemetry).map(familyText).join('');
    for (const line of text.split('\n').slice(0, -1)) expect(LINE.test(line), `a line of metrics: ${line}`);
  },
};
