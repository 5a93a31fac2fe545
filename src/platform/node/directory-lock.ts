/**
 * The lock of a directory: a file `lock` that names the process that has it. A lock whose process is gone, killed say,
 * is taken over; a process is known again by its number and the time at which it began, as numbers are used again. One
 * that has ended counts as gone before its parent has asked how: in a container nobody may ever ask.
 */
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import type { DirectoryLock } from '../ports.ts';

const LOCK_NAME = 'lock';

interface Owner {
  readonly pid: number;
  /** Boot id and start time in ticks since boot; empty where the system doesn't say. */
  readonly began: string;
}

/** How often a lock that is let go of at the same moment is tried for. */
const ATTEMPTS = 10;

export function lockDirectory(directory: string): { lock: DirectoryLock } | { owner: string } {
  const path = `${directory}/${LOCK_NAME}`;
  const own = JSON.stringify({ pid: process.pid, began: beganAt(process.pid) } satisfies Owner);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (tryCreate(path, own)) return { lock: { release: () => release(path, own) } };
    const content = tryRead(path);
    if (content === null) continue;
    const owner = parseOwner(content);
    if (owner !== null && isAlive(owner)) return { owner: `process ${owner.pid}` };
    removeStale(path, content);
  }
  return { owner: 'another process' };
}

/** Creates the lock file with its content in one step; false where there is one. */
function tryCreate(path: string, content: string): boolean {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(temporary);
  }
}

function tryRead(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Takes a dead process's lock away, unless somebody else has done so and taken the lock meanwhile. */
function removeStale(path: string, content: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (tryRead(aside) !== content) linkSync(aside, path);
  unlinkSync(aside);
}

function release(path: string, own: string): void {
  if (tryRead(path) === own) unlinkSync(path);
}

function parseOwner(content: string): Owner | null {
  try {
    const { pid, began } = JSON.parse(content) as Partial<Owner>;
    return Number.isInteger(pid) && typeof began === 'string' ? { pid: pid as number, began } : null;
  } catch {
    return null;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const status = processStatus(owner.pid);
  if (status === null) return true;
  return !status.ended && (owner.began === '' || status.began === owner.began);
}

function beganAt(pid: number): string {
  return processStatus(pid)?.began ?? '';
}

/** Linux only; see proc(5): fields 3 and 22 of stat, counted behind the command's closing parenthesis. */
function processStatus(pid: number): { readonly ended: boolean; readonly began: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { ended: fields[0] === 'Z' || fields[0] === 'X', began: `${bootId}/${fields[19]}` };
  } catch {
    return null;
  }
}
