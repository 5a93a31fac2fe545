/** The settings of RocketMQ's protocol, typed. */
import { assert } from '../base/assert.ts';
import type { HostPort } from '../base/host-port.ts';
import { brokerSetting, brokerText, effectiveBrokerValue } from './broker-config.ts';
import type { BrokerValues } from './broker-values.ts';
import { isLoopback, parseHostPort } from './listener.ts';
import { ownTlsSettings, type TlsSettings } from './listener-settings.ts';
import { parseAccessKeys } from './rocketmq-access-keys.ts';
import { HINTS_AUTO } from './rocketmq-table.ts';
import { splitList } from './setting.ts';

export interface RocketmqOptions {
  /** polylog.rocketmq.listeners; none: the protocol is off. */
  readonly listeners: readonly HostPort[];
  /** polylog.rocketmq.advertised.listener; null: what clients have used. */
  readonly advertised: HostPort | null;
  /** polylog.rocketmq.name.server.hint.listeners: where clients are told to go to `listeners`. */
  readonly hintListeners: readonly HostPort[];
  /** polylog.rocketmq.inflight.bytes: of requests, over all connections. */
  readonly inflightBytesMax: number;
  /** polylog.rocketmq.access.keys: secrets by access key; none: calls need no signature. */
  readonly accessKeys: ReadonlyMap<string, string>;
  /** ssl.*, or listener.name.rocketmq.ssl.*. Where no certificate is set, the broker makes itself one. */
  readonly tls: TlsSettings;
}

/** Its name where settings are given for one listener, in small letters there. */
export const ROCKETMQ_LISTENER = 'ROCKETMQ';

/** Where RocketMQ's documentation has its proxy and its name server. */
const USUAL_PORT = 8081;
const NAME_SERVER: HostPort = { host: '127.0.0.1', port: 9876 };
const ACCESS_KEYS = 'polylog.rocketmq.access.keys';

export function makeRocketmqOptions(values: BrokerValues): RocketmqOptions {
  const advertised = brokerText('polylog.rocketmq.advertised.listener', values);
  const listeners = splitList(brokerText('polylog.rocketmq.listeners', values)).map(hostPort);
  return {
    listeners,
    hintListeners: hintListeners(
      brokerText('polylog.rocketmq.name.server.hint.listeners', values),
      listeners,
    ),
    inflightBytesMax: Number(brokerText('polylog.rocketmq.inflight.bytes', values)),
    advertised: advertised === '' ? null : hostPort(advertised),
    accessKeys: parseAccessKeys(effectiveBrokerValue(brokerSetting(ACCESS_KEYS), values).text ?? '')!,
    tls: ownTlsSettings(values, ROCKETMQ_LISTENER),
  };
}

function hintListeners(text: string, listeners: readonly HostPort[]): readonly HostPort[] {
  if (text !== HINTS_AUTO) return splitList(text).map(hostPort);
  return listeners.some(({ port }) => port === USUAL_PORT) ? [NAME_SERVER] : [];
}

function hostPort(text: string): HostPort {
  const address = parseHostPort(text);
  assert(address !== null, 'a checked address can be read');
  return address;
}

/** A listener that lets anybody in where other machines can reach it: null, or a sentence that says what to do. */
export function rocketmqExposure({ listeners, accessKeys }: RocketmqOptions): string | null {
  if (accessKeys.size > 0) return null;
  const exposed = listeners.find(({ host }) => !isLoopback(host));
  if (exposed === undefined) return null;
  const host = exposed.host === '' ? 'all interfaces' : exposed.host;
  return (
    `polylog.rocketmq.listeners on ${host} would let in anybody who reaches it: set polylog.rocketmq.access.keys, ` +
    'listen on 127.0.0.1, or, on a network that you trust, set polylog.allow.unauthenticated=true.'
  );
}
