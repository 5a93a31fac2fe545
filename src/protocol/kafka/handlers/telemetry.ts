/** GetTelemetrySubscriptions and PushTelemetry (keys 71, 72): metrics of clients. KIP-714. */
import { assert } from '../../../base/assert.ts';
import { BrokerError } from '../../../base/errors.ts';
import { ZERO_UUID } from '../../../base/uuid.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponse,
  readGetTelemetrySubscriptionsRequest,
  writeGetTelemetrySubscriptionsResponse,
} from '../codec/generated/get-telemetry-subscriptions.ts';
import {
  type PushTelemetryRequest,
  type PushTelemetryResponse,
  readPushTelemetryRequest,
  writePushTelemetryResponse,
} from '../codec/generated/push-telemetry.ts';
import { errorCodeOf, KAFKA_ERRORS } from '../errors.ts';
import { type KafkaTelemetry, TELEMETRY_CODECS, type TelemetrySource } from '../telemetry.ts';

function telemetryOf(context: RequestContext): KafkaTelemetry {
  const { telemetry } = context.kafka;
  assert(telemetry !== null, 'the APIs of telemetry are served only where there is telemetry');
  return telemetry;
}

function sourceOf({ clientId, clientHost, remote, software }: RequestContext): TelemetrySource {
  return {
    clientId,
    softwareName: software.name,
    softwareVersion: software.version,
    address: clientHost,
    port: remote.slice(remote.lastIndexOf(':') + 1),
  };
}

function subscribe(
  context: RequestContext,
  request: GetTelemetrySubscriptionsRequest,
  respond: (response: GetTelemetrySubscriptionsResponse) => void,
): void {
  const telemetry = telemetryOf(context);
  const wanted = telemetry.subscription(request.clientInstanceId, sourceOf(context));
  if (wanted instanceof BrokerError) {
    return respond({
      throttleTimeMs: 0,
      errorCode: KAFKA_ERRORS[wanted.code],
      clientInstanceId: ZERO_UUID,
      subscriptionId: 0,
      acceptedCompressionTypes: [],
      pushIntervalMs: 0,
      telemetryMaxBytes: 0,
      deltaTemporality: false,
      requestedMetrics: [],
    });
  }
  respond({
    throttleTimeMs: 0,
    errorCode: 0,
    clientInstanceId: wanted.instanceId,
    subscriptionId: wanted.subscriptionId,
    acceptedCompressionTypes: [...TELEMETRY_CODECS],
    pushIntervalMs: wanted.intervalMs,
    telemetryMaxBytes: telemetry.bytesMax,
    // Prometheus counts from the start of a client; changes alone would be lost with a push.
    deltaTemporality: false,
    requestedMetrics: [...wanted.metrics],
  });
}

export const getTelemetrySubscriptions = defineApi({
  key: API_KEY.GetTelemetrySubscriptions,
  authorization: { open: 'as in Kafka, every client may tell how it does' },
  read: readGetTelemetrySubscriptionsRequest,
  write: writeGetTelemetrySubscriptionsResponse,
  handle: subscribe,
});

function push(
  context: RequestContext,
  request: PushTelemetryRequest,
  respond: (response: PushTelemetryResponse) => void,
): void {
  const { clientInstanceId: instanceId, ...fields } = request;
  const error = telemetryOf(context).push({ instanceId, ...fields }, sourceOf(context));
  respond({ throttleTimeMs: 0, errorCode: errorCodeOf(error) });
}

export const pushTelemetry = defineApi({
  key: API_KEY.PushTelemetry,
  authorization: { open: 'as in Kafka, every client may tell how it does' },
  read: readPushTelemetryRequest,
  write: writePushTelemetryResponse,
  handle: push,
});
