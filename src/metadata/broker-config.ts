/** Values of broker settings in effect, by the table of broker-table.ts. */
import { assert } from '../base/assert.ts';
import { type BrokerSetting, findBrokerSetting } from './broker-table.ts';
import type { BrokerValues, ConfigSource } from './broker-values.ts';

export interface EffectiveBrokerValue {
  /** Canonical text; null where the setting is not set. */
  readonly text: string | null;
  readonly source: ConfigSource;
}

export function brokerSetting(name: string): BrokerSetting {
  const setting = findBrokerSetting(name);
  assert(setting !== undefined, `${name} is in the table`);
  return setting;
}

/** What a setting of the table has. */
export function effectiveBrokerValue(setting: BrokerSetting, broker: BrokerValues): EffectiveBrokerValue {
  for (const layer of broker.layers) {
    const text = layer.values.get(setting.name);
    if (text !== undefined) return { text, source: layer.source };
  }
  return { text: setting.default, source: 'default' };
}

/** The text of a setting that is always set. */
export function brokerText(name: string, broker: BrokerValues): string {
  const { text } = effectiveBrokerValue(brokerSetting(name), broker);
  assert(text !== null, `${name} has a value`);
  return text;
}
