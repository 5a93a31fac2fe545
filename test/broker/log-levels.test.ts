import { describe, expect, it } from 'vitest';
import { LOG_LEVELS, LogLevels } from '../../src/broker/log-levels.ts';
import type { Logger } from '../../src/platform/ports.ts';

function recorder(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const take = (level: string) => (_fields: object, message: string) =>
    void lines.push(`${level} ${message}`);
  return {
    logger: { debug: take('debug'), info: take('info'), warn: take('warn'), error: take('error') },
    lines,
  };
}

function sayAll(logger: Logger): void {
  logger.debug({}, 'd');
  logger.info({}, 'i');
  logger.warn({}, 'w');
  logger.error({}, 'e');
}

describe('log levels', () => {
  it('let through what is at least as serious', () => {
    const counts = LOG_LEVELS.map((level) => {
      const { logger, lines } = recorder();
      sayAll(new LogLevels(logger, level).logger('polylog.store'));
      return lines.length;
    });
    expect(counts).toEqual([4, 4, 3, 2, 1, 0]);
  });

  it('of an area follow root until it has its own', () => {
    const { logger, lines } = recorder();
    const levels = new LogLevels(logger, 'ERROR');
    const store = levels.logger('polylog.store');
    levels.setLevel('polylog.store', 'WARN');
    levels.setLevel('root', 'DEBUG');
    sayAll(store);
    sayAll(levels.logger('polylog.kafka'));
    expect(lines).toEqual(['warn w', 'error e', 'debug d', 'info i', 'warn w', 'error e']);
    levels.setLevel('polylog.store', null);
    levels.setLevel('root', null);
    expect([levels.level('polylog.store'), levels.level('root')]).toEqual(['DEBUG', 'DEBUG']);
  });
});
