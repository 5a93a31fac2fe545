/**
 * Metrics of the process: memory, garbage collection, delays of the event loop, descriptors. prom-client measures them; they
 * are written like all others, as its own text says `Nan` where the format says `NaN`.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Family, MetricType } from './prometheus-text.ts';

interface Measured {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values?: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number | undefined>>;
    readonly metricName?: string;
  }[];
}

export function measureProcess(): () => Promise<Family[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => {
    const measured: readonly Measured[] = (await registry.getMetricsAsJSON()) as never;
    return measured.map(familyOf);
  };
}

function familyOf({ name, help, type, values = [] }: Measured): Family {
  return {
    name,
    help,
    type: type as MetricType,
    samples: values.map(({ value, labels, metricName = name }) => ({
      suffix: metricName.slice(name.length),
      labels: Object.entries(labels).map(([label, text]) => [label, String(text)] as const),
      value,
    })),
  };
}
