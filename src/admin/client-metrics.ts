/**
 * What clients have pushed (KIP-714) as metrics: `org.apache.kafka.producer.record.send.total` is
 * `kafka_client_producer_record_send_total`, labelled with the client's instance id, client id, software and address. The
 * prefix keeps a client from writing over the broker's own metrics.
 */
import type { ClientTelemetry, TelemetryInstance, TelemetryPoint } from '../broker/client-telemetry.ts';
import { type Family, type Labels, type Sample, sample } from './prometheus-text.ts';

const PREFIX = 'kafka_client_';

interface Gathered {
  readonly type: Family['type'];
  readonly samples: Sample[];
}

/** A family has the type that the first client gave it. */
export function clientFamilies(telemetry: ClientTelemetry): Family[] {
  const families = new Map<string, Gathered>();
  for (const instance of telemetry.instances()) {
    const own = instanceLabels(instance);
    for (const point of instance.points) {
      const name = PREFIX + point.name;
      let family = families.get(name);
      if (family === undefined) families.set(name, (family = { type: point.type, samples: [] }));
      family.samples.push(sample(point.value, pointLabels(own, point)));
    }
  }
  return Array.from(families, ([name, { type, samples }]) => ({
    name,
    help: 'Pushed by clients.',
    type,
    samples,
  }));
}

function instanceLabels({ id, client }: TelemetryInstance): Labels {
  return [
    ['client_instance_id', id],
    ['client_id', client.clientId],
    ['client_software_name', client.softwareName],
    ['client_software_version', client.softwareVersion],
    ['client_address', client.address],
  ];
}

/** Where a client has a label of the same name, the broker's own stands. */
function pointLabels(own: Labels, { labels }: TelemetryPoint): Labels {
  return labels.length === 0 ? own : [...new Map([...labels, ...own])];
}
