import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openLogFile } from '../../src/platform/node/log-file.ts';
import { DiskError } from '../../src/platform/ports.ts';

const directory = mkdtempSync(join(tmpdir(), 'polylog-log-file-'));
afterAll(() => rmSync(directory, { recursive: true }));

const fail = (error: Error): never => {
  throw error;
};
const read = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

it('appends lines of JSON, and goes on in a new file after it was moved away', () => {
  const path = join(directory, 'audit.log');
  const file = openLogFile(path, fail);
  file.logger.info({ event: 'login' }, 'one');
  const [line] = readFileSync(path, 'utf8').split('\n');
  expect(JSON.parse(line!)).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    event: 'login',
    msg: 'one',
  });
  renameSync(path, `${path}.1`);
  file.logger.info({}, 'two');
  file.reopen();
  file.logger.info({}, 'three');
  file.close();
  expect(read(`${path}.1`)).toEqual(['one', 'two']);
  expect(read(path)).toEqual(['three']);
  const again = openLogFile(path, fail);
  again.logger.warn({}, 'four');
  again.close();
  expect(read(path)).toEqual(['three', 'four']);
});

it('says why a file cannot be opened', () => {
  expect(() => openLogFile(join(directory, 'none', 'audit.log'), fail)).toThrow(DiskError);
});
