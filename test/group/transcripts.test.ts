import { describe, test } from 'vitest';
import { checkTranscript, transcriptPath } from '../machine/support/transcript.ts';
import { GroupStage } from './support/stage.ts';

describe('transcripts', () => {
  for (const name of [
    'group-rebalance',
    'group-static',
    'group-timeouts',
    'group-offsets',
    'group-restart',
    'consumer-reconcile',
    'consumer-static',
    'consumer-errors',
    'consumer-migration',
  ]) {
    test(name, async () => {
      const stage = new GroupStage();
      await checkTranscript(transcriptPath(name), (line) => stage.step(line));
    });
  }
});
