// `polylog dlq runs` and `polylog dlq stop`.

import type { Command } from 'commander';
import type { RedriveRun, RedriveRuns } from '../../broker/admin/answers.ts';
import { ask } from '../admin.ts';
import { parseInteger } from '../arguments.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatTable, formatTime } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
}

export function defineDlqRuns(dlq: Command): void {
  const runs = dlq
    .command('runs')
    .description('list runs that put dead letters back, and the last that have ended')
    .option('--json', 'one JSON object a line: run, topic, state, moved, stayed, startedMs, endedMs, error')
    .addHelpText('after', '\nExample:\n  $ polylog dlq runs');
  addClientFlags(runs).action(list);
  const stop = dlq
    .command('stop')
    .description('stop a run after what is under way')
    .argument('<topic>')
    .argument('<run>')
    .addHelpText('after', '\nExample:\n  $ polylog dlq stop orders-dead 3');
  addClientFlags(stop).action(stopOne);
}

async function list(flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    const { runs } = await ask<RedriveRuns>(client, 'dlq.runs', {});
    if (flags.json === true) {
      for (const run of runs) await output.write(`${JSON.stringify(run)}\n`);
      return;
    }
    if (runs.length === 0) return output.write('no dead letters were put back since the broker started\n');
    const rows = runs.map((run) => [
      run.run,
      run.topic,
      run.error === null ? run.state : `${run.state}: ${run.error}`,
      run.moved,
      run.stayed,
      formatTime(run.startedMs),
      run.endedMs === null ? '-' : formatTime(run.endedMs),
    ]);
    const headings = ['RUN', 'TOPIC', 'STATE', 'MOVED', 'STAYED', 'STARTED', 'ENDED'];
    await output.write(formatTable(headings, rows, heading));
  });
}

async function stopOne(topic: string, run: string, flags: ClientFlags): Promise<void> {
  const fields = { topic, run: parseInteger(run, { name: 'run' }) };
  const output = new Output();
  await withClient(flags, async (client) => {
    await ask<RedriveRun>(client, 'dlq.stop', fields);
    const ended = await ask<RedriveRun>(client, 'dlq.run', {
      ...fields,
      waitMs: Math.min(5000, client.timeoutMs),
    });
    await output.write(`run ${run}: ${ended.state}, ${ended.moved} put back\n`);
  });
}
