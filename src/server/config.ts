/**
 * The broker's settings from all their sources, validated in one place: built-in values < the file of --config <
 * environment (POLYLOG_…) < flags (--set NAME=VALUE, and the flags that stand for a setting). A later source wins; within
 * one source a setting is given once, but for flags, where the last one wins.
 *
 * Guarantees: nothing is ignored in silence: what isn't known or isn't taken is told with where it was written, all
 * of it at once. Pure: the caller reads the file.
 */
import { BrokerError } from '../base/errors.ts';
import { brokerSetting } from '../metadata/broker-config.ts';
import { type BrokerSettings, findConflict, makeBrokerSettings } from '../metadata/broker-settings.ts';
import { BROKER_SETTINGS, findBrokerSetting } from '../metadata/broker-table.ts';
import { brokerValues, type ConfigValues } from '../metadata/broker-values.ts';
import { unimplementedKafkaSetting } from '../metadata/kafka-names.ts';
import { listenerProblem } from '../metadata/listener-settings.ts';
import { listenerSettingNames } from '../metadata/security-table.ts';
import { checkValue, nearestName, unknownName } from '../metadata/setting.ts';
import { TOPIC_SETTINGS } from '../metadata/topic-settings.ts';
import { parseConfigFile } from './config-file.ts';

/** Where a value was given. */
export type ConfigOrigin =
  | { readonly kind: 'file'; readonly path: string; readonly line: number }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'flag'; readonly flag: string };

/** A value given by a flag. */
export interface FlagValue {
  readonly name: string;
  readonly value: string;
  /** As the user knows it: `--data`, `--set`. */
  readonly flag: string;
}

export interface ConfigSources {
  /** The file of --config. */
  readonly file?: { readonly path: string; readonly text: string } | null | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** In the order of the command line. */
  readonly flags?: readonly FlagValue[] | undefined;
}

export interface BrokerConfig {
  readonly settings: BrokerSettings;
  /** What was given, canonical: for the metadata machine, which tells it apart from defaults. */
  readonly staticValues: ConfigValues;
  /** Where each of the static values was given. */
  readonly origins: ReadonlyMap<string, ConfigOrigin>;
}

/** Kafka's other names of a setting. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['broker.id', 'node.id'],
  ['log.dir', 'log.dirs'],
]);

/** Variables of ours that are no settings of the broker. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  'POLYLOG_BOOTSTRAP',
  'POLYLOG_COMMAND_CONFIG',
  'POLYLOG_CONFIG',
]);
/** What an orchestrator sets for a service named polylog: POLYLOG_SERVICE_HOST, POLYLOG_PORT_9092_TCP, … */
const SERVICE_VARIABLE = /_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP)(_|$)|$)/;

/** Where a value was given, for a sentence or a table. */
export function describeOrigin(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.path}:${origin.line}`;
    case 'environment':
      return origin.variable;
    case 'flag':
      return origin.flag;
  }
}

/** The environment variable of a setting: `num.partitions` → POLYLOG_NUM_PARTITIONS, `polylog.x` → POLYLOG_X. */
export function environmentVariable(name: string): string {
  return `POLYLOG_${name
    .replace(/^polylog\./, '')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** The settings, or invalid-config with a line for each problem, each led by where it was written. */
export function loadBrokerConfig(sources: ConfigSources): BrokerConfig | BrokerError {
  const loader = new Loader();
  if (sources.file != null) loader.readFile(sources.file.path, sources.file.text);
  if (sources.environment !== undefined) loader.readEnvironment(sources.environment);
  for (const { name, value, flag } of sources.flags ?? []) loader.take(name, value, { kind: 'flag', flag });
  return loader.finish();
}

class Loader {
  readonly #values = new Map<string, string>();
  readonly #origins = new Map<string, ConfigOrigin>();
  readonly #problems: string[] = [];

  readFile(path: string, text: string): void {
    const { entries, problems } = parseConfigFile(path, text);
    for (const { line, message } of problems) this.#problems.push(`${path}:${line}: ${message}`);
    for (const { name, value, line } of entries) this.take(name, value, { kind: 'file', path, line });
  }

  readEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
    let names: ReadonlyMap<string, string> | null = null;
    for (const [variable, value] of Object.entries(environment)) {
      if (!variable.startsWith('POLYLOG_') || value === undefined || value === '') continue;
      if (OTHER_VARIABLES.has(variable) || SERVICE_VARIABLE.test(variable)) continue;
      names ??= settingsByVariable();
      const name = names.get(variable) ?? listenerSettingName(variable);
      if (name !== undefined) this.take(name, value, { kind: 'environment', variable });
      else this.#problems.push(unknownVariable(variable, names));
    }
  }

  take(given: string, text: string, origin: ConfigOrigin): void {
    const name = ALIASES.get(given) ?? given;
    const setting = findBrokerSetting(name);
    const value = setting === undefined ? unknownSetting(name) : checkValue(setting, text);
    if (value instanceof BrokerError) {
      this.#problems.push(`${describeOrigin(origin)}: ${value.message}`);
      return;
    }
    const earlier = this.#origins.get(name);
    if (earlier?.kind === 'file' && origin.kind === 'file') {
      this.#problems.push(
        `${describeOrigin(origin)}: ${name} is set in line ${earlier.line} already: set it once.`,
      );
    }
    this.#values.set(name, value);
    this.#origins.set(name, origin);
  }

  finish(): BrokerConfig | BrokerError {
    if (this.#problems.length > 0) return new BrokerError('invalid-config', this.#problems.join('\n'));
    const values = brokerValues({ static: this.#values });
    const problem = listenerProblem(values);
    if (problem !== null) return new BrokerError('invalid-config', problem);
    const settings = makeBrokerSettings(values);
    const conflict = findConflict(settings);
    if (conflict !== null) return new BrokerError('invalid-config', conflict);
    return { settings, staticValues: this.#values, origins: this.#origins };
  }
}

function settingsByVariable(): ReadonlyMap<string, string> {
  const names = [...BROKER_SETTINGS.keys(), ...ALIASES.keys()];
  return new Map(names.map((name) => [environmentVariable(name), name]));
}

/** POLYLOG_LISTENER_NAME_EXTERNAL_SSL_CLIENT_AUTH → `listener.name.external.ssl.client.auth`. */
function listenerSettingName(variable: string): string | undefined {
  const prefix = 'POLYLOG_LISTENER_NAME_';
  if (!variable.startsWith(prefix)) return undefined;
  for (const setting of listenerSettingNames()) {
    const suffix = `_${setting.replaceAll(/[.-]/g, '_').toUpperCase()}`;
    const listener = variable.slice(prefix.length, -suffix.length).toLowerCase();
    if (variable.endsWith(suffix) && listener !== '') return `listener.name.${listener}.${setting}`;
  }
  return undefined;
}

function unknownVariable(variable: string, names: ReadonlyMap<string, string>): string {
  const kafkaName = variable.slice('POLYLOG_'.length).toLowerCase().replaceAll('_', '.');
  const unimplemented = unimplementedKafkaSetting(kafkaName);
  if (unimplemented !== null) return `${variable}: ${unimplemented.message}`;
  const nearest = nearestName(variable, names.keys());
  return `${variable}: this variable names no setting.${nearest === null ? '' : ` Did you mean ${nearest}?`}`;
}

function unknownSetting(name: string): BrokerError {
  const unimplemented = unimplementedKafkaSetting(name);
  if (unimplemented !== null) return unimplemented;
  const inherits = TOPIC_SETTINGS.get(name)?.inherits[0];
  if (inherits !== undefined && BROKER_SETTINGS.has(inherits.name)) {
    return new BrokerError(
      'invalid-config',
      `${name} is a setting of topics: set ${inherits.name} for the default of all topics.`,
    );
  }
  return unknownName('broker', name, BROKER_SETTINGS.keys());
}

export interface ConfigRow {
  readonly name: string;
  /** Null: not set. */
  readonly value: string | null;
  /** Null: the built-in value. */
  readonly origin: ConfigOrigin | null;
}

/** Every setting with its value and where that came from, in the order of names. Secrets are masked. */
export function configRows(config: BrokerConfig): ConfigRow[] {
  const names = new Set([...BROKER_SETTINGS.keys(), ...config.staticValues.keys()]);
  return [...names].sort().map((name) => configRow(config, name));
}

export function configRow(config: BrokerConfig, name: string): ConfigRow {
  const setting = brokerSetting(name);
  const value = config.staticValues.get(name) ?? setting.default;
  return {
    name,
    value: setting.type === 'password' && value !== null ? '********' : value,
    origin: config.origins.get(name) ?? null,
  };
}
