/** One session of the queue machine as text: who holds what, what waits, what is dead. */
import { describe, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import type { QueueCommand, Settlement } from '../../src/queue/commands.ts';
import { createQueueMachine } from '../../src/queue/machine.ts';
import type { Step } from '../../src/queue/records.ts';
import { SUBSCRIPTION_DEFAULTS } from '../../src/queue/settings.ts';
import { checkTranscript, transcriptPath } from '../machine/support/transcript.ts';

const TOPIC = uuidFromBytes(Buffer.alloc(16, 1));

class QueueStage {
  readonly #machine = createQueueMachine({ firstLease: 0 });
  #state = this.#machine.initial();
  #nowMs = 0;

  /** Commands: subscribe, take CONSUMER A-B…, settle ACTION LEASE A-B, disconnect CONSUMER, time MS, seek OFFSET, restart. */
  step(line: string): string[] {
    const [what, ...words] = line.split(' ');
    if (what === 'take') this.#take(words[0]!, words.slice(1));
    else if (what === 'restart') this.#restart();
    else if (what === 'time') {
      this.#nowMs += Number(words[0]);
      return this.#submit({ kind: 'due', id: 1 });
    } else return this.#submit(this.#command(what!, words));
    return this.#windows();
  }

  #command(what: string, words: readonly string[]): QueueCommand {
    if (what === 'subscribe') {
      const settings = {
        ...SUBSCRIPTION_DEFAULTS,
        ...(JSON.parse(words.join(' ') || '{}') as Partial<typeof SUBSCRIPTION_DEFAULTS>),
      };
      return { kind: 'subscribe', topicId: TOPIC, name: 's', settings, starts: [0] };
    }
    if (what === 'disconnect') return { kind: 'disconnect', id: 1, consumer: words[0]! };
    if (what === 'seek') {
      return { kind: 'seek', id: 1, positions: [{ partition: 0, offset: Number(words[0]) }] };
    }
    const { first, last } = rangeOf(words[2]!);
    const action = words[0] as Settlement;
    const entry = { partition: 0, lease: Number(words[1]), action, first, last, ms: Number(words[3] ?? 0) };
    return { kind: 'settle', id: 1, consumer: null, entries: [entry], chance: 0 };
  }

  #take(consumer: string, ranges: readonly string[]): void {
    const steps = ranges.map((text): Step => ({ ...rangeOf(text), what: 'acquired', key: 0 }));
    const [first, last] = [steps[0]!.first, steps.at(-1)!.last];
    const times = { sinceMs: this.#nowMs, untilMs: this.#nowMs + 30_000 };
    const lease = { id: this.#state.lastLease + 1, consumer, partition: 0, first, last, ...times };
    this.#machine.apply(this.#state, { kind: 'taken', id: 1, lease, steps });
  }

  #restart(): void {
    const state = this.#machine.initial();
    for (const record of this.#machine.snapshot(this.#state)) {
      this.#machine.apply(state, this.#machine.decode(this.#machine.encode(record)));
    }
    this.#state = state;
  }

  #submit(command: QueueCommand): string[] {
    const {
      records = [],
      volatile = [],
      replies = [],
      timers = [],
    } = this.#machine.decide(this.#state, command, 1, this.#nowMs);
    for (const record of [...records, ...volatile]) this.#machine.apply(this.#state, record);
    const answers = replies.map(({ answer }) => {
      if (answer instanceof BrokerError) return answer.code;
      if (answer.kind !== 'settled') return answer.kind;
      return answer.results.map((one) => (one instanceof BrokerError ? one.code : `settled ${one}`)).join();
    });
    const due = timers.map(({ atMs, command: later }) => (later === null ? 'no timer' : `timer at ${atMs}`));
    const logged = records.length === 0 ? [] : [`logged: ${records.map(({ kind }) => kind).join()}`];
    return [...answers, ...logged, ...due, ...this.#windows()];
  }

  #windows(): string[] {
    const window = this.#state.byId.get(1)?.windows.get(0);
    if (window === undefined) return [];
    const stretches = [...window.stretches()].sort((a, b) => a.first - b.first);
    return [
      `${window.start} to ${window.next}`,
      ...stretches.map(({ first, last, state, deliveries, lease, untilMs, reason }) => {
        const who = lease === null ? '' : ` by ${lease.consumer}, lease ${lease.id} until ${lease.untilMs}`;
        const until = state === 'waiting' ? ` until ${untilMs}` : '';
        return `  ${first}-${last} ${state}${who}${until}${reason === null ? '' : `: ${reason}`}, delivered ${deliveries} times`;
      }),
    ];
  }
}

function rangeOf(text: string): { first: number; last: number } {
  const [first, last] = text.split('-').map(Number);
  return { first: first!, last: last ?? first! };
}

describe('transcripts', () => {
  test('queue-session', async () => {
    const stage = new QueueStage();
    await checkTranscript(transcriptPath('queue-session'), (line) => stage.step(line));
  });
});
