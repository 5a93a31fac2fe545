/** Logs go to stderr: one JSON object a line, or readable lines for a terminal. */
import { type DestinationStream, destination, pino } from 'pino';
import type { Logger } from '../ports.ts';

export interface LoggerOptions {
  readonly format: 'pretty' | 'json';
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

async function openStream(format: LoggerOptions['format']): Promise<{ stream: DestinationStream }> {
  // Synchronous: the last words before an exit are the ones that matter.
  if (format === 'json') return { stream: destination({ dest: 2, sync: true }) };
  const { default: pretty } = await import('pino-pretty');
  return {
    stream: pretty({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: 'pid,hostname',
    }),
  };
}

export async function createLogger({ format, level }: LoggerOptions): Promise<Logger> {
  const { stream } = await openStream(format);
  const logger: Logger = pino({ level, base: format === 'json' ? { pid: process.pid } : null }, stream);
  return logger;
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
