/**
 * Loggers by area over one sink, each with a level that can be changed while the broker runs. What is less serious than the
 * area's level goes nowhere. Levels are those of Kafka's log4j, so that its tools can set them.
 */
import type { Logger } from '../platform/ports.ts';

/** From the least serious to the most. TRACE lets through what DEBUG does, and FATAL nothing. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every area there is, and what it says. */
export const LOG_AREAS = {
  root: 'The level of all areas that have none of their own.',
  'polylog.audit': 'Who was let in, who was denied and what was changed, where polylog.audit.log is stderr.',
  'polylog.broker': 'Housekeeping, and what concerns the whole broker.',
  'polylog.kafka': 'Connections and requests of Kafka clients.',
  'polylog.rocketmq': "Connections and requests of RocketMQ's clients.",
  'polylog.security': 'Listeners that let in anybody, and their certificates.',
  'polylog.server': 'Start and stop of the process.',
  'polylog.store': 'The log on disk: recovery, cleaning, retention, full disks.',
} as const;
export type LogArea = keyof typeof LOG_AREAS;

class AreaLogger implements Logger {
  readonly #sink: Logger;
  /** Index in LOG_LEVELS. */
  #threshold = 0;

  constructor(sink: Logger) {
    this.#sink = sink;
  }

  set level(level: LogLevel) {
    this.#threshold = LOG_LEVELS.indexOf(level);
  }

  debug(fields: object, message: string): void {
    if (this.#threshold <= DEBUG) this.#sink.debug(fields, message);
  }

  info(fields: object, message: string): void {
    if (this.#threshold <= INFO) this.#sink.info(fields, message);
  }

  warn(fields: object, message: string): void {
    if (this.#threshold <= WARN) this.#sink.warn(fields, message);
  }

  error(fields: object, message: string): void {
    if (this.#threshold <= ERROR) this.#sink.error(fields, message);
  }
}

const DEBUG = LOG_LEVELS.indexOf('DEBUG');
const INFO = LOG_LEVELS.indexOf('INFO');
const WARN = LOG_LEVELS.indexOf('WARN');
const ERROR = LOG_LEVELS.indexOf('ERROR');

export class LogLevels {
  readonly #loggers: ReadonlyMap<LogArea, AreaLogger>;
  /** Without root. */
  readonly #own = new Map<LogArea, LogLevel>();
  #root: LogLevel;

  constructor(sink: Logger, root: LogLevel) {
    this.#root = root;
    const areas = Object.keys(LOG_AREAS) as LogArea[];
    this.#loggers = new Map(areas.map((area) => [area, new AreaLogger(sink)]));
    this.#spread();
  }

  logger(area: Exclude<LogArea, 'root'>): Logger {
    return this.#loggers.get(area)!;
  }

  level(area: LogArea): LogLevel {
    return this.#own.get(area) ?? this.#root;
  }

  /** Null: as root has it, which itself always has a level. */
  setLevel(area: LogArea, level: LogLevel | null): void {
    if (area !== 'root') {
      if (level === null) this.#own.delete(area);
      else this.#own.set(area, level);
    } else if (level !== null) this.#root = level;
    this.#spread();
  }

  #spread(): void {
    for (const [area, logger] of this.#loggers) logger.level = this.level(area);
  }
}

/** The areas of a broker that begins with the level of polylog.log.level. */
export function logLevelsFrom(sink: Logger, level: 'debug' | 'info' | 'warn' | 'error'): LogLevels {
  // The setting has the words of pino, and each is one of Kafka's in small letters.
  return new LogLevels(sink, level.toUpperCase() as LogLevel);
}
