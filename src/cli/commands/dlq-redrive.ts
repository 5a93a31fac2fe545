// `polylog dlq redrive`: puts dead letters back, and follows the run until it ends.

import type { Command } from 'commander';
import type { RedriveRun } from '../../broker/admin/answers.ts';
import { ask } from '../admin.ts';
import { parseInteger } from '../arguments.ts';
import type { Client } from '../client.ts';
import { CliError } from '../errors.ts';
import { filterOf } from '../queue-options.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { interruption, note, Output, Progress } from '../terminal.ts';
import { formatCount, plural } from '../text.ts';

interface Flags extends ClientFlags {
  readonly filter?: string;
  readonly tags?: string;
  readonly to?: string;
  readonly max?: string;
  readonly rate?: string;
  readonly background?: true;
  readonly json?: true;
}

/** How long one request waits for the end of a run. */
const WAIT_MS = 1000;

export function defineDlqRedrive(dlq: Command): void {
  const command = dlq
    .command('redrive')
    .description('put dead letters back to where they came from, or elsewhere')
    .argument('<topic>')
    .option(
      '--filter <condition>',
      'only those whose headers match, as in SQL-92: "\\"dlq-reason\\" = \'rejected\'"',
    )
    .option('--tags <tags>', 'only those with one of these tags: "red || blue"')
    .option('--to <topic>', 'all of them to this topic, for all that read it')
    .option('--max <n>', 'so many at most')
    .option('--rate <n>', 'so many a second at most')
    .option('--background', 'begin, and leave it to the broker: `polylog dlq runs` says how far it is')
    .option('--json', 'one JSON object at the end: run, topic, state, moved, stayed, error, …')
    .addHelpText(
      'after',
      `
Letters that are there when it begins are put back, without the headers that say why they died. Each comes again to the subscription
that gave it up, and to no other; with --to all that read that topic get it. Those whose topic or subscription is gone, or whose topic
may not be written to, stay. Ctrl-C stops the run after what is under way.

Examples:
  $ polylog dlq redrive orders-dead
  $ polylog dlq redrive orders-dead --filter "\\"dlq-subscription\\" = 'billing'" --rate 100
  $ polylog dlq redrive orders-dead --to orders-again --max 10`,
    );
  addClientFlags(command).action(redrive);
}

async function redrive(topic: string, flags: Flags): Promise<void> {
  const filter = filterOf(flags);
  const fields = {
    topic,
    ...(filter ? { filter } : {}),
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.max === undefined ? {} : { max: parseInteger(flags.max, { name: '--max', min: 1 }) }),
    ...(flags.rate === undefined ? {} : { perSecond: parseInteger(flags.rate, { name: '--rate', min: 1 }) }),
  };
  const output = new Output();
  await withClient(flags, async (client) => {
    const started = await ask<RedriveRun>(client, 'dlq.redrive', fields);
    if (flags.background === true) {
      if (flags.json === true) return output.write(`${JSON.stringify(started)}\n`);
      return output.write(`run ${started.run} puts the letters of ${topic} back\n`);
    }
    const ended = await follow(client, started);
    if (flags.json === true) await output.write(`${JSON.stringify(ended)}\n`);
    else await output.write(`put back ${plural(ended.moved, 'dead letter')} of ${topic}\n`);
    if (ended.stayed > 0) {
      note(
        `${plural(ended.stayed, 'letter')} stayed: their topic or their subscription is gone, or the topic may not be written to (see --to)`,
      );
    }
    if (ended.state === 'failed') throw new CliError(`the run failed: ${ended.error}`);
    if (ended.state === 'stopped') note('the run was stopped before its end');
  });
}

/** Until it has ended, which Ctrl-C asks for. */
async function follow(client: Client, started: RedriveRun): Promise<RedriveRun> {
  const stop = interruption();
  const progress = new Progress();
  const named = { topic: started.topic, run: started.run };
  let run = started;
  let stopping = false;
  while (run.state === 'running') {
    if (stop.signal.aborted && !stopping) {
      stopping = true;
      await ask<RedriveRun>(client, 'dlq.stop', named);
    }
    run = await ask<RedriveRun>(client, 'dlq.run', { ...named, waitMs: Math.min(WAIT_MS, client.timeoutMs) });
    const { moved } = run;
    progress.update(() => `${formatCount(moved)} put back`);
  }
  progress.clear();
  return run;
}
