import { expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { GROUP_STREAM, machineLog } from '../../src/broker/machine-streams.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { ChunkLog } from '../../src/store/contract.ts';
import { foldMachine } from '../machine/support/fold.ts';
import { toyMachine } from '../machine/support/toy.ts';
import { memoryDisk, openLog } from '../store/support.ts';

const newRunner = (log: ChunkLog) =>
  new MachineRunner({
    machine: toyMachine,
    clock: nodeClock,
    log: machineLog(log, GROUP_STREAM),
    snapshotBytesMin: 1000,
  });

test('a machine that keeps changing takes snapshots, which move the start of its stream', async () => {
  const disk = memoryDisk();
  const log = await openLog(disk);
  const runner = newRunner(log);
  await runner.start();
  const answers: unknown[] = [];
  // Several at a time: something is always not committed yet.
  for (let round = 0; round < 20; round++) {
    const added = Array.from(
      { length: 5 },
      () => new Promise<unknown>((resolve) => runner.submit({ kind: 'add', name: 'a', by: 1 }, resolve)),
    );
    answers.push(...(await Promise.all(added)));
  }
  expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  const stream = log.stream(GROUP_STREAM, 0);
  expect(stream.startOffset).toBeGreaterThan(50);
  expect(stream.highWatermark).toBe(stream.endOffset);
  await log.close();

  const reopened = await openLog(disk);
  const again = newRunner(reopened);
  await again.start();
  expect(again.state.values).toEqual(new Map([['a', 100]]));
  expect(reopened.stream(GROUP_STREAM, 0).startOffset).toBe(stream.startOffset);
  await reopened.close();
});

test('a snapshot is written in the background while the machine goes on', async () => {
  const disk = memoryDisk();
  let log = await openLog(disk);
  const newFold = () =>
    new MachineRunner({
      machine: foldMachine,
      clock: nodeClock,
      log: machineLog(log, GROUP_STREAM),
      snapshotBytesMin: 1000,
      oneFrameBytesMax: 0,
      sliceBytesMax: 200,
    });
  let starts = 0;
  const folds = new Map<string, number>();
  for (let life = 0; life < 3; life++) {
    const runner = newFold();
    await runner.start();
    expect(runner.state).toEqual(folds);
    const stream = log.stream(GROUP_STREAM, 0);
    let startOffset = stream.startOffset;
    for (let count = 0; count < 600; count++) {
      const add = { name: `n${count % 40}`, by: count };
      foldMachine.apply(folds, add);
      await new Promise((resolve) => runner.submit(add, resolve));
      if (stream.startOffset > startOffset) starts++;
      startOffset = stream.startOffset;
    }
    expect(runner.state).toEqual(folds);
    runner.close(new BrokerError('shutting-down', 'Stop.'));
    await log.close();
    log = await openLog(disk);
  }
  expect(starts).toBeGreaterThan(5);
  await log.close();
});
