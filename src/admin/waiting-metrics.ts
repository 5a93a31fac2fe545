/** Metrics of delayed messages and of half messages. What counts up begins with 0 at the broker's start. */
import { type Family, histogramSamples, sample } from './prometheus-text.ts';
import type { AdminSources } from './sources.ts';

export function* waitingFamilies({ broker }: AdminSources): Iterable<Family> {
  const { waiting, fired, cancelled, dropped, late } = broker.schedules.counts;
  yield {
    name: 'polylog_scheduled_messages',
    help: 'Delayed messages that wait.',
    type: 'gauge',
    samples: [sample(waiting)],
  };
  yield {
    name: 'polylog_scheduled_messages_total',
    help: 'Delayed messages that wait no longer: fired, cancelled or moved, dropped with their topic.',
    type: 'counter',
    samples: Object.entries({ fired, cancelled, dropped }).map(([end, count]) =>
      sample(count, [['end', end]]),
    ),
  };
  yield {
    name: 'polylog_scheduled_late_seconds',
    help: 'How long after their time delayed messages were taken into the log.',
    type: 'histogram',
    samples: histogramSamples(late),
  };
  const { open, aside, prepared, checks, setAside, committed, rolledBack } = broker.halfMessages.counts;
  yield {
    name: 'polylog_half_messages',
    help: 'Half messages: open, and set aside for an operator.',
    type: 'gauge',
    samples: Object.entries({ open: open - aside, aside }).map(([state, count]) =>
      sample(count, [['state', state]]),
    ),
  };
  const events = { prepared, checked: checks, set_aside: setAside, committed, rolled_back: rolledBack };
  yield {
    name: 'polylog_half_messages_total',
    help: 'What became of half messages; checked: how often a sender was asked, or there was none to be asked.',
    type: 'counter',
    samples: Object.entries(events).map(([event, count]) => sample(count, [['event', event]])),
  };
}
