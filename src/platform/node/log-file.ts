/**
 * A file of log lines, one JSON object each, appended. After it was moved away (logrotate), `reopen` goes on in a new file of
 * the same name.
 */
import { destination, pino, stdTimeFunctions } from 'pino';
import type { LogFile } from '../ports.ts';
import { diskError } from './disk.ts';

const MODE = 0o640;

/** Throws DiskError where the file can't be opened. `onError` hears, later, that lines can't be written. */
export function openLogFile(path: string, onError: (error: Error) => void): LogFile {
  try {
    // Lines of an audit are written before what they tell of is answered.
    const stream = destination({ dest: path, append: true, sync: true, mode: MODE });
    stream.on('error', onError);
    const logger = pino({ base: null, timestamp: stdTimeFunctions.isoTime }, stream);
    return { logger, reopen: () => stream.reopen(), close: () => stream.end() };
  } catch (error) {
    throw diskError(error, path);
  }
}
