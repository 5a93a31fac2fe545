/**
 * Log levels as settings of resources of type BROKER_LOGGER (KIP-412): one for each area of the log. As in Kafka they last
 * until the broker stops.
 */
import { BrokerError } from '../../../base/errors.ts';
import { LOG_AREAS, LOG_LEVELS, type LogArea, type LogLevel } from '../../../broker/log-levels.ts';
import type { ConfigChange } from '../../../metadata/commands.ts';
import type { RequestContext } from '../api.ts';
import type { DescribeConfigsResponseConfig } from '../codec/generated/describe-configs.ts';

const SOURCE_BROKER_LOGGER = 6;
/** What Kafka tells of a level's type. */
const TYPE_UNKNOWN = 0;

function isArea(name: string): name is LogArea {
  return Object.hasOwn(LOG_AREAS, name);
}

function isLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text);
}

function wrongBroker(context: RequestContext, name: string): BrokerError | null {
  const { nodeId } = context.kafka.broker.settings;
  if (name === String(nodeId)) return null;
  return new BrokerError('invalid-request', `there is no broker "${name}": name ${nodeId}`);
}

/** Levels in the order of the areas' names; unknown names are left out. */
export function describeLoggers(
  context: RequestContext,
  brokerName: string,
  wanted: { readonly names: readonly string[] | null; readonly documentation: boolean },
): DescribeConfigsResponseConfig[] | BrokerError {
  const wrong = wrongBroker(context, brokerName);
  if (wrong !== null) return wrong;
  const { names, documentation } = wanted;
  const all = names === null || names.length === 0;
  const areas = (Object.keys(LOG_AREAS) as LogArea[]).filter((area) => all || names.includes(area));
  return areas.sort().map((area) => ({
    name: area,
    value: context.kafka.broker.logLevels.level(area),
    readOnly: false,
    configSource: SOURCE_BROKER_LOGGER,
    isSensitive: false,
    synonyms: [],
    configType: TYPE_UNKNOWN,
    documentation: documentation ? LOG_AREAS[area] : null,
  }));
}

/** Makes all changes, or none and says why. */
export function alterLoggers(
  context: RequestContext,
  request: {
    readonly resource: { readonly name: string };
    readonly mode: 'replace' | 'incremental';
    readonly changes: readonly ConfigChange[];
    readonly validateOnly: boolean;
  },
): BrokerError | null {
  const { resource, mode, changes, validateOnly } = request;
  const wrong = wrongBroker(context, resource.name);
  if (wrong !== null) return wrong;
  if (mode === 'replace') {
    const sentence = 'levels of loggers are changed one by one: use IncrementalAlterConfigs';
    return new BrokerError('invalid-request', sentence);
  }
  const levels: [LogArea, LogLevel | null][] = [];
  for (const { name, operation, value } of changes) {
    if (!isArea(name)) {
      const areas = Object.keys(LOG_AREAS).join(', ');
      return new BrokerError(
        'invalid-config',
        `there is no logger "${name.slice(0, 100)}": there are ${areas}`,
      );
    }
    if (operation === 'delete') {
      if (name === 'root')
        return new BrokerError('invalid-request', 'the level of root can be set, not removed');
      levels.push([name, null]);
    } else if (operation !== 'set') {
      return new BrokerError('invalid-request', `the level of a logger is no list: set it (${name})`);
    } else if (value === null || !isLevel(value)) {
      return new BrokerError('invalid-config', `the level of ${name} is one of ${LOG_LEVELS.join(', ')}`);
    } else levels.push([name, value]);
  }
  if (validateOnly) return null;
  for (const [area, level] of levels) context.kafka.broker.logLevels.setLevel(area, level);
  return null;
}
