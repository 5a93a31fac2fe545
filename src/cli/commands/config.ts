// `polylog config`: the broker's settings, as a start with the same file, environment and flags would have them.

import { Argument, type Command, Option } from 'commander';
import { brokerSetting } from '../../metadata/broker-config.ts';
import { type BrokerConfig, configRows } from '../../server/config.ts';
import {
  explainSetting,
  nearestSetting,
  settingsPage,
  shortRange,
  showOrigin,
  showValue,
} from '../../server/settings-text.ts';
import { addConfigFlags, type ConfigFlags, readBrokerConfig } from '../config-flags.ts';
import { usageError } from '../errors.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable } from '../text.ts';

interface Flags extends ConfigFlags {
  readonly changed?: true;
  readonly json?: true;
  readonly markdown?: true;
}

export function define(config: Command): void {
  config
    .addArgument(new Argument('[name]', 'explain this setting, of the broker or of topics'))
    .option('--changed', 'only settings that were given somewhere')
    .option('--json', 'one JSON object a line: name, value, default, unit, range, source, effect, live')
    .addOption(new Option('--markdown', 'the reference page').hideHelp())
    .addHelpText(
      'after',
      `
Later sources win: built-in value, --config FILE, environment (POLYLOG_NUM_PARTITIONS), flags.

Examples:
  $ polylog config
  $ polylog config log.retention.ms
  $ polylog config --config broker.properties --changed
  $ POLYLOG_NUM_PARTITIONS=6 polylog config --json | jq -r 'select(.source != "default") | .name'`,
    );
  addConfigFlags(config).action(show);
}

async function show(name: string | undefined, flags: Flags): Promise<void> {
  const output = new Output();
  if (flags.markdown === true) {
    await output.write(settingsPage());
    return;
  }
  const config = readBrokerConfig(flags);
  if (name !== undefined) {
    await output.write(explain(config, name));
    return;
  }
  const rows = configRows(config).filter(({ origin }) => flags.changed !== true || origin !== null);
  if (flags.json === true) {
    for (const row of rows) await output.write(`${JSON.stringify(jsonRow(config, row.name, row.value))}\n`);
    return;
  }
  if (rows.length === 0) {
    await output.write('every setting has its built-in value\n');
    return;
  }
  const table = rows.map(({ name, value }) => {
    const setting = brokerSetting(name);
    const range = setting.status === 'no-meaning' ? 'without effect' : shortRange(setting);
    return [name, showValue(value), setting.unit ?? '', range, showOrigin(config, name)];
  });
  await output.write(formatTable(['NAME', 'VALUE', 'UNIT', 'RANGE', 'FROM'], table, heading));
}

function explain(config: BrokerConfig, name: string): string {
  const text = explainSetting(config, name);
  if (text !== null) return text;
  const nearest = nearestSetting(name);
  const hint = nearest === null ? 'see `polylog config` for all' : `did you mean ${nearest}?`;
  throw usageError(`there is no setting "${name}": ${hint}`);
}

function jsonRow(config: BrokerConfig, name: string, value: string | null): object {
  const setting = brokerSetting(name);
  return {
    name,
    value,
    default: setting.default,
    unit: setting.unit,
    range: shortRange(setting),
    source: showOrigin(config, name),
    effect: setting.status !== 'no-meaning',
    live: setting.dynamic,
  };
}
