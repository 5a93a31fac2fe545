/** The values of broker settings by where they come from. */

/** Strongest first; `topic`, `client-metrics` and `group` are such a resource's own values, which no broker setting has. */
export type ConfigSource =
  | 'topic'
  | 'client-metrics'
  | 'group'
  | 'dynamic-broker'
  | 'dynamic-default'
  | 'static'
  | 'default';

/** Names and canonical values. */
export type ConfigValues = ReadonlyMap<string, string>;

export interface ValueLayer {
  readonly source: Exclude<ConfigSource, 'topic' | 'client-metrics' | 'group' | 'default'>;
  readonly values: ConfigValues;
}

/** Strongest first. What is in no layer has the built-in default. */
export interface BrokerValues {
  readonly layers: readonly ValueLayer[];
}

const NONE: ReadonlyMap<string, string> = new Map();

export function brokerValues(layers: {
  /** Set for this broker while it runs. */
  readonly dynamicBroker?: ConfigValues | undefined;
  /** Set for all brokers while they run. */
  readonly dynamicDefault?: ConfigValues | undefined;
  /** From file, environment and flags: only what was given there. */
  readonly static: ConfigValues;
}): BrokerValues {
  return {
    layers: [
      { source: 'dynamic-broker', values: layers.dynamicBroker ?? NONE },
      { source: 'dynamic-default', values: layers.dynamicDefault ?? NONE },
      { source: 'static', values: layers.static },
    ],
  };
}
