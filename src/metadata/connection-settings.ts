/** Limits of connections as the settings say them: of all together, of a listener, of an address. KIP-402, KIP-612. */
import { brokerText } from './broker-config.ts';
import type { BrokerValues } from './broker-values.ts';
import { parseOverride } from './connection-overrides.ts';
import { splitList, toNumber } from './setting.ts';

/** Kafka's word for "no limit". */
const INT_MAX = 2 ** 31 - 1;

function limit(text: string): number {
  const value = toNumber(text);
  return value === INT_MAX ? Number.POSITIVE_INFINITY : value;
}

/** The limits of all listeners together (null), or those of one, which apply beside them. */
export function connectionLimits(
  values: BrokerValues,
  listenerName: string | null,
): { readonly connectionsMax: number; readonly creationRateMax: number } {
  const of = (name: string): number => {
    if (listenerName === null) return limit(brokerText(name, values));
    const own = `listener.name.${listenerName.toLowerCase()}.${name}`;
    for (const layer of values.layers) {
      const text = layer.values.get(own);
      if (text !== undefined) return limit(text);
    }
    return Number.POSITIVE_INFINITY;
  };
  return { connectionsMax: of('max.connections'), creationRateMax: of('max.connection.creation.rate') };
}

/** max.connections.per.ip and its overrides, by address in its one form, and polylog.connection.steady.rate.per.ip. */
export function addressLimits(values: BrokerValues): {
  readonly connectionsMax: number;
  readonly overrides: ReadonlyMap<string, number>;
  readonly steadyRateMax: number;
} {
  const overrides = new Map<string, number>();
  for (const element of splitList(brokerText('max.connections.per.ip.overrides', values))) {
    const override = parseOverride(element);
    if (override !== null) overrides.set(...override);
  }
  return {
    connectionsMax: limit(brokerText('max.connections.per.ip', values)),
    overrides,
    steadyRateMax: limit(brokerText('polylog.connection.steady.rate.per.ip', values)),
  };
}
