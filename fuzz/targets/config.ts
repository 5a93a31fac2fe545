/**
 * Configuration files, in both forms: any text gives settings or a BrokerError with a line for each problem.
 *
 * Input: one byte form, then the text.
 */
import { BrokerError } from '../../src/base/errors.ts';
import { BROKER_SETTINGS } from '../../src/metadata/broker-table.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget } from '../target.ts';

export function configTarget(): FuzzTarget {
  const names = [...BROKER_SETTINGS.keys()];
  const values = [
    '1',
    '-1',
    'true',
    '',
    '9223372036854775807',
    'kafka://[::1]:0',
    '1e9',
    'ä\\u00e9',
    './data',
    'a,b',
  ];
  return {
    name: 'config',
    weight: 0.5,
    generate(prng) {
      const json = prng.chance(0.4);
      const entries = Array.from({ length: prng.int(6) }, () => {
        const setting = BROKER_SETTINGS.get(prng.pick(names))!;
        return [setting.name, prng.chance(0.5) ? (setting.default ?? '') : prng.pick(values)] as const;
      });
      const lines = entries.map(([name, value]) => `${name}${prng.pick(['=', ': ', ' ', ' = '])}${value}`);
      const text = json
        ? JSON.stringify(Object.fromEntries(entries))
        : ['# comment', ...lines].join(prng.pick(['\n', '\r\n']));
      const bytes = Buffer.from(text);
      return Buffer.concat([Buffer.of(json ? 1 : 0), prng.chance(0.3) ? bytes : mutate(bytes, prng, 4)]);
    },
    execute(input) {
      if (input.length === 0) return;
      const path = (input[0]! & 1) === 1 ? 'polylog.json' : 'polylog.properties';
      const config = loadBrokerConfig({ file: { path, text: input.toString('utf8', 1) } });
      if (config instanceof BrokerError) expect(config.message.length > 0, 'a refusal says nothing');
      else expect(config.settings.listeners.length > 0, 'a broker without a listener');
    },
  };
}
