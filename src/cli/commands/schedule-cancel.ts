// `polylog schedule cancel` and `polylog schedule move`.

import type { Command } from 'commander';
import { ask } from '../admin.ts';
import { usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { Output } from '../terminal.ts';
import { addTimeOptions, type TimeFlags, timeOf } from '../time-options.ts';

export function defineScheduleCancel(schedule: Command): void {
  const cancel = schedule
    .command('cancel')
    .description('take messages away that are not due yet')
    .argument('<topic>')
    .argument('<handles...>', 'as `polylog schedule list` prints them')
    .addHelpText('after', '\nExample:\n  $ polylog schedule cancel orders HANDLE');
  addClientFlags(cancel).action(cancelAll);
  const move = schedule
    .command('move')
    .description('give a message that is not due yet another time')
    .argument('<topic>')
    .argument('<handle>');
  addTimeOptions(move).addHelpText(
    'after',
    `
The new handle is printed; the old one names nothing any more.

Example:
  $ polylog schedule move orders HANDLE --delay 2h`,
  );
  addClientFlags(move).action(moveOne);
}

async function cancelAll(topic: string, handles: string[], flags: ClientFlags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    for (const handle of handles) {
      await ask(client, 'schedule.cancel', { topic, handle });
      await output.write(`cancelled ${handle}\n`);
    }
  });
}

async function moveOne(topic: string, handle: string, flags: ClientFlags & TimeFlags): Promise<void> {
  const atMs = timeOf(flags, Date.now());
  if (atMs === undefined) throw usageError('say when it is to come: --delay or --at');
  const output = new Output();
  await withClient(flags, async (client) => {
    const moved = await ask<{ handle: string }>(client, 'schedule.move', { topic, handle, atMs });
    await output.write(`${moved.handle}\n`);
  });
}
