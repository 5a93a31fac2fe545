import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { lockDirectory } from '../../src/platform/node/directory-lock.ts';

it.runIf(existsSync('/proc/self/stat'))(
  'takes over from a killed process that nobody has waited for',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'polylog-lock-'));
    // The second sleep takes the shell's place: the first one's parent then never waits for it.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      writeFileSync(join(directory, 'lock'), JSON.stringify({ pid, began: '' }));
      expect(lockDirectory(directory)).toEqual({ owner: `process ${pid}` });

      // The shell would wait for its child.
      await vi.waitFor(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'), {
        timeout: 5000,
      });
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z '), {
        timeout: 5000,
      });
      const taken = lockDirectory(directory);
      expect(taken).toHaveProperty('lock');
      if ('lock' in taken) taken.lock.release();
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'close');
      rmSync(directory, { recursive: true });
    }
  },
);
