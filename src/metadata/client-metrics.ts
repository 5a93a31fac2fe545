/**
 * Subscriptions of client metrics (KIP-714): which clients are to push which of their metrics, and how often. Each is a
 * named set of settings; a subscription without settings does not exist.
 */
import { makeSetting, type Setting, splitList } from './setting.ts';

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
export const ALL_METRICS = '*';

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
export function parseMatch(text: string): ReadonlyMap<ClientAttribute, RegExp> | null {
  const patterns = new Map<ClientAttribute, RegExp>();
  for (const element of splitList(text)) {
    const cut = element.indexOf('=');
    const attribute = CLIENT_ATTRIBUTES.find((known) => known === element.slice(0, cut).trim());
    if (attribute === undefined) return null;
    try {
      patterns.set(attribute, new RegExp(`^(?:${element.slice(cut + 1).trim()})$`, 'u'));
    } catch {
      return null;
    }
  }
  return patterns;
}
