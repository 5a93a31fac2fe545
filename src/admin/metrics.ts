/**
 * The broker's own metrics. Nothing is counted for them but what its parts count anyway: a scrape reads plain numbers, and
 * who isn't scraped pays nothing.
 */
import { type Family, histogramSamples, type MetricType, sample } from './prometheus-text.ts';
import { queueFamilies } from './queue-metrics.ts';
import type { AdminSources, ProtocolCounts } from './sources.ts';
import { waitingFamilies } from './waiting-metrics.ts';

export function* brokerFamilies(sources: AdminSources): Iterable<Family> {
  const { broker } = sources;
  const { image } = broker.metadata;
  const ids = [
    ['cluster_id', broker.clusterId],
    ['node_id', String(broker.settings.nodeId)],
  ] as const;
  yield {
    name: 'polylog_info',
    help: 'Always 1; which broker this is.',
    type: 'gauge',
    samples: [sample(1, ids)],
  };
  yield one('polylog_ready', 'gauge', '1 while clients are served.', sources.isReady() ? 1 : 0);
  yield one('polylog_topics', 'gauge', 'Topics.', image.topicCount);
  yield one('polylog_partitions', 'gauge', 'Partitions of all topics.', image.partitionCount);
  yield one('polylog_groups', 'gauge', 'Groups of all types, empty ones too.', broker.groupCount);
  yield one(
    'polylog_producers',
    'gauge',
    'Idempotent producers that are remembered, counted in each partition.',
    broker.producerCount,
  );
  yield one(
    'polylog_transactional_ids',
    'gauge',
    'Transactional ids that are remembered.',
    broker.transactionalIdCount,
  );
  yield one(
    'polylog_client_instances',
    'gauge',
    'Clients whose metrics are shown (KIP-714).',
    sources.telemetry.instanceCount,
  );
  yield* queueFamilies(sources);
  yield* waitingFamilies(sources);
  yield* logFamilies(sources);
  for (const counts of sources.protocols) yield* protocolFamilies(counts);
}

function* logFamilies({ broker }: AdminSources): Iterable<Family> {
  const { frames, appendedBytes, chunks, bytes, flushes } = broker.log.statistics;
  const { freeBytes, totalBytes } = broker.diskSpace();
  yield one('polylog_log_frames_total', 'counter', 'Appends to the log.', frames);
  yield one('polylog_log_appended_bytes_total', 'counter', 'Bytes appended to the log.', appendedBytes);
  yield one('polylog_log_chunks', 'gauge', 'Chunk files of the log.', chunks);
  yield one('polylog_log_bytes', 'gauge', 'Bytes of frames in the chunk files, live and dead.', bytes);
  yield {
    name: 'polylog_log_flush_seconds',
    help: 'How long flushes (fdatasync) took.',
    type: 'histogram',
    samples: histogramSamples(flushes),
  };
  yield one('polylog_disk_free_bytes', 'gauge', 'Free space beside the data; -1: not known.', freeBytes);
  yield one(
    'polylog_disk_total_bytes',
    'gauge',
    'Size of the volume of the data; -1: not known.',
    totalBytes,
  );
}

function* protocolFamilies(counts: ProtocolCounts): Iterable<Family> {
  const name = (what: string): string => `polylog_${counts.protocol}_${what}`;
  yield one(name('connections'), 'gauge', 'Open connections.', counts.connectionCount);
  yield one(
    name('refused_connections_total'),
    'counter',
    'Connections that were closed at once because too many were open.',
    counts.refusedConnections,
  );
  yield one(name('received_bytes_total'), 'counter', 'Bytes that clients sent.', counts.receivedBytes);
  yield one(name('sent_bytes_total'), 'counter', 'Bytes of answers to clients.', counts.sentBytes);
  yield {
    name: name('requests_total'),
    help: 'Requests that were understood.',
    type: 'counter',
    samples: Array.from(counts.requestCounts(), ([request, count]) => sample(count, [['request', request]])),
  };
}

function one(name: string, type: MetricType, help: string, value: number): Family {
  return { name, help, type, samples: [sample(value)] };
}
