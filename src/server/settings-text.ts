/** Texts about settings for people: one explained, and the reference page docs/operating/settings.md. */
import { BROKER_SETTINGS, type BrokerSetting, findBrokerSetting } from '../metadata/broker-table.ts';
import { documentation } from '../metadata/describe.ts';
import { GROUP_SETTINGS, type GroupSetting } from '../metadata/group-settings.ts';
import { LONG_MAX, nearestName, type Setting } from '../metadata/setting.ts';
import { TOPIC_SETTINGS, type TopicSetting } from '../metadata/topic-settings.ts';
import { type BrokerConfig, configRow, describeOrigin, environmentVariable } from './config.ts';

/** A value for people: what isn't set as "-", an empty one as "(empty)", Long.MAX_VALUE as "none". */
export function showValue(value: string | null): string {
  if (value === null) return '-';
  if (value === '') return '(empty)';
  return value === LONG_MAX ? 'none' : value;
}

/** What a setting takes, short: `1 … 100`, `a | b`, `true | false`. */
export function shortRange(setting: Setting): string {
  if (setting.status === 'default-only') return 'only this';
  if (setting.values !== null) return setting.values.join(' | ');
  switch (setting.type) {
    case 'boolean':
      return 'true | false';
    case 'int':
    case 'short':
    case 'long':
    case 'double': {
      const max = setting.max ?? (setting.type === 'int' ? 2 ** 31 - 1 : null);
      if (setting.min === null) return max === null ? '' : `… ${max}`;
      return max === null ? `${setting.min} …` : `${setting.min} … ${max}`;
    }
    case 'list':
      return 'list';
    default:
      return 'text';
  }
}

/** Where a value came from, for a table. */
export function showOrigin(config: BrokerConfig, name: string): string {
  const { origin } = configRow(config, name);
  return origin === null ? 'default' : describeOrigin(origin);
}

/** Lines about one setting of the broker, of topics or of groups; null for an unknown name. */
export function explainSetting(config: BrokerConfig, name: string): string | null {
  const broker = findBrokerSetting(name);
  const topic = TOPIC_SETTINGS.get(name);
  const group = GROUP_SETTINGS.get(name);
  const parts = [
    ...(broker === undefined ? [] : [explainBroker(config, broker)]),
    ...(topic === undefined ? [] : [explainOf('topic', topic, inheritsOfTopic(topic))]),
    ...(group === undefined ? [] : [explainOf('group', group, inheritsOfGroup(group))]),
  ];
  return parts.length === 0 ? null : parts.join('\n');
}

/** The known name nearest to an unknown one. */
export function nearestSetting(name: string): string | null {
  return nearestName(name, [...BROKER_SETTINGS.keys(), ...TOPIC_SETTINGS.keys(), ...GROUP_SETTINGS.keys()]);
}

function lines(rows: readonly (readonly [string, string | null])[]): string {
  return rows.flatMap(([label, text]) => (text === null ? [] : `  ${label.padEnd(13)}${text}\n`)).join('');
}

function typeOf(setting: Setting): string {
  return setting.unit === null ? setting.type : `${setting.type}, ${setting.unit}`;
}

function explainBroker(config: BrokerConfig, setting: BrokerSetting): string {
  const { name } = setting;
  const kafka = setting.kafkaDefault === null ? '' : ` (Kafka: ${showValue(setting.kafkaDefault)})`;
  return `${name}: a setting of the broker\n${documentation(setting)}\n${lines([
    ['value', `${showValue(configRow(config, name).value)}, from ${showOrigin(config, name)}`],
    ['type', typeOf(setting)],
    ['range', shortRange(setting) || null],
    ['default', showValue(setting.default) + kafka],
    ['environment', environmentVariable(name)],
    ['change', setting.dynamic ? 'while the broker runs, or with a restart' : 'with a restart'],
  ])}`;
}

/** Of the broker's settings, those whose value it has where it isn't set. */
const inheritsOfTopic = ({ inherits }: TopicSetting): string[] => inherits.map(({ name }) => name);
const inheritsOfGroup = ({ inherits }: GroupSetting): string[] => (inherits === null ? [] : [inherits]);

function explainOf(what: 'topic' | 'group', setting: Setting, inherits: readonly string[]): string {
  return `${setting.name}: a setting of ${what}s\n${documentation(setting)}\n${lines([
    ['type', typeOf(setting)],
    ['range', shortRange(setting) || null],
    ['default', showValue(setting.default)],
    ['inherits', inherits.length === 0 ? null : inherits.join(', then ')],
    ['set it', `polylog ${what} alter ${what.toUpperCase()} --config ${setting.name}=VALUE`],
  ])}`;
}

const PAGE_HEAD = `# Settings

<!-- Written by \`polylog config --markdown\` from the tables in src/metadata; a test compares them. -->

Where Kafka has the same setting, it has Kafka's name, default and meaning; a different default is noted. A later source
wins: built-in value, file of \`--config\` (Kafka's \`.properties\`, or one flat object in a file that ends in \`.json\`),
environment, flags. The variable of \`num.partitions\` is \`POLYLOG_NUM_PARTITIONS\`, that of \`polylog.chunk.bytes\`
\`POLYLOG_CHUNK_BYTES\`; an empty variable counts as not set. \`--set NAME=VALUE\` sets anything; \`--data\`, \`--listen\`,
\`--advertise\` and \`--log\` stand for \`log.dirs\`, \`listeners\`, \`advertised.listeners\` and \`polylog.log.format\`.
\`polylog config\` prints each value with where it came from, \`polylog config NAME\` explains one.

Unknown names are refused, and so are settings of Kafka that aren't implemented. Settings *without effect* are taken
because there is nothing here that they could steer. A setting with *only this* takes nothing but its default yet.
A value of \`none\` is Kafka's 9223372036854775807.
`;

/** docs/operating/settings.md. */
export function settingsPage(): string {
  const broker = [...BROKER_SETTINGS.values()];
  return [
    PAGE_HEAD,
    '## Of the broker\n',
    '*Live* settings can be changed while the broker runs (AlterConfigs on a broker, or on all).\n',
    table(
      ['Name', 'Default', 'Unit', 'Range', 'Live', 'What it does'],
      broker.map((setting) => [
        ...cells(setting),
        setting.dynamic ? 'yes' : '',
        setting.kafkaDefault === null
          ? effect(setting)
          : `${effect(setting)} Kafka's default: ${code(setting.kafkaDefault)}.`,
      ]),
    ),
    '## Of topics\n',
    "A topic without the setting takes the broker's, in this order: dynamic value, file or environment or flag, default.\n",
    inheriting(TOPIC_SETTINGS.values(), inheritsOfTopic),
    '## Of groups\n',
    "Set by `polylog group alter` or Kafka's `kafka-configs --entity-type groups`, also before the group is there.\n",
    inheriting(GROUP_SETTINGS.values(), inheritsOfGroup),
  ].join('\n');
}

function inheriting<One extends Setting>(
  settings: Iterable<One>,
  inheritsOf: (setting: One) => readonly string[],
): string {
  return table(
    ['Name', 'Default', 'Unit', 'Range', "Broker's setting", 'What it does'],
    Array.from(settings, (setting) => [
      ...cells(setting),
      inheritsOf(setting).map(code).join(', '),
      effect(setting),
    ]),
  );
}

function cells(setting: Setting): string[] {
  return [code(setting.name), code(setting.default), setting.unit ?? '', shortRange(setting)];
}

function effect(setting: Setting): string {
  if (setting.status === 'works') return setting.doc;
  return setting.status === 'no-meaning'
    ? `*Without effect.* ${setting.doc} ${setting.note}`
    : `${setting.doc} *Only the default is taken:* ${setting.note}`;
}

function code(text: string | null): string {
  return text === null || text === '' ? '' : `\`${showValue(text)}\``;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
