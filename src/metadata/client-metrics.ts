/**
 * Subscriptions of client metrics (KIP-714): which clients are to push which of their metrics, and how often. Each is a
 * named set of settings; a subscription without settings does not exist.
 */
import { compileExpression, type RegularExpression } from '../base/regular-expression.ts';
import type { ConfigValues } from './broker-values.ts';
import { makeSetting, type Setting, splitList, toNumber } from './setting.ts';

/** What a subscription may ask of a client, in Kafka's names. */
const CLIENT_ATTRIBUTES = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
] as const;

export type ClientAttribute = (typeof CLIENT_ATTRIBUTES)[number];

/** Stands for all metrics. */
const ALL_METRICS = '*';

export const CLIENT_METRICS_SETTINGS: ReadonlyMap<string, Setting> = new Map(
  [
    makeSetting('interval.ms', 'int', '300000', {
      unit: 'ms',
      min: 100,
      max: 3_600_000,
      doc: 'How often clients push their metrics.',
    }),
    makeSetting('match', 'list', '', {
      check: (text) =>
        parseMatch(text) === null
          ? `a list of ATTRIBUTE=PATTERN with the attributes ${CLIENT_ATTRIBUTES.join(', ')}, and regular expressions`
          : null,
      doc: 'The clients that are asked: all patterns match the whole of their attributes. Empty: all clients.',
    }),
    makeSetting('metrics', 'list', '', {
      doc: 'Prefixes of the names of metrics that are asked for; * for all of them, empty for none.',
    }),
  ].map((setting) => [setting.name, setting]),
);

/** Patterns by attribute, or null where the text of a `match` can't be understood. A repeated attribute counts once. */
export function parseMatch(text: string): ReadonlyMap<ClientAttribute, RegularExpression> | null {
  const patterns = new Map<ClientAttribute, RegularExpression>();
  for (const element of splitList(text)) {
    const cut = element.indexOf('=');
    const attribute = CLIENT_ATTRIBUTES.find((known) => known === element.slice(0, cut).trim());
    if (attribute === undefined) return null;
    const pattern = compileExpression(element.slice(cut + 1).trim());
    if (typeof pattern === 'string') return null;
    patterns.set(attribute, pattern);
  }
  return patterns;
}

interface Parsed {
  readonly intervalMs: number;
  readonly metrics: readonly string[];
  readonly match: ReadonlyMap<ClientAttribute, RegularExpression>;
}

/** What a client is asked for by all subscriptions that match it. */
export interface ClientMetricsWish {
  /** The shortest of their intervals; null where none matches. */
  readonly intervalMs: number | null;
  /** Prefixes of names, each once; ALL_METRICS alone where one of them asks for all. */
  readonly metrics: readonly string[];
}

/** The subscriptions as they are at one time, ready to be matched. */
export class ClientMetricsSubscriptions {
  readonly #parsed: readonly Parsed[];

  constructor(subscriptions: ReadonlyMap<string, ConfigValues>) {
    this.#parsed = Array.from(subscriptions.values(), parseSubscription);
  }

  wishFor(client: Readonly<Record<ClientAttribute, string>>): ClientMetricsWish {
    const matching = this.#parsed.filter(({ match }) =>
      Array.from(match).every(([attribute, pattern]) => pattern.matches(client[attribute])),
    );
    const names = new Set(matching.flatMap(({ metrics }) => metrics));
    return {
      intervalMs: matching.length === 0 ? null : Math.min(...matching.map(({ intervalMs }) => intervalMs)),
      metrics: names.has(ALL_METRICS) ? [ALL_METRICS] : [...names].sort(),
    };
  }
}

function parseSubscription(values: ConfigValues): Parsed {
  const text = (name: string): string => values.get(name) ?? CLIENT_METRICS_SETTINGS.get(name)?.default ?? '';
  return {
    intervalMs: toNumber(text('interval.ms')),
    metrics: splitList(text('metrics')),
    match: parseMatch(text('match')) ?? new Map(),
  };
}
