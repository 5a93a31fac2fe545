/** The settings of RocketMQ's protocol, typed. */
import { assert } from '../base/assert.ts';
import { brokerText } from './broker-config.ts';
import type { BrokerValues } from './broker-values.ts';
import { isLoopback, parseHostPort } from './listener.ts';
import { ownTlsSettings, type TlsSettings } from './listener-settings.ts';
import { splitList } from './setting.ts';

export interface HostPort {
  /** '' for a listener: all interfaces. */
  readonly host: string;
  readonly port: number;
}

export interface RocketmqOptions {
  /** polylog.rocketmq.listeners; none: the protocol is off. */
  readonly listeners: readonly HostPort[];
  /** polylog.rocketmq.advertised.listener; null: what clients have used. */
  readonly advertised: HostPort | null;
  /** ssl.*, or listener.name.rocketmq.ssl.*. Where no certificate is set, the broker makes itself one. */
  readonly tls: TlsSettings;
}

/** Its name where settings are given for one listener, in small letters there. */
export const ROCKETMQ_LISTENER = 'ROCKETMQ';

export function makeRocketmqOptions(values: BrokerValues): RocketmqOptions {
  const advertised = brokerText('polylog.rocketmq.advertised.listener', values);
  return {
    listeners: splitList(brokerText('polylog.rocketmq.listeners', values)).map(hostPort),
    advertised: advertised === '' ? null : hostPort(advertised),
    tls: ownTlsSettings(values, ROCKETMQ_LISTENER),
  };
}

function hostPort(text: string): HostPort {
  const address = parseHostPort(text);
  assert(address !== null, 'a checked address can be read');
  return address;
}

/** A listener that lets anybody in where other machines can reach it: null, or a sentence that says what to do. */
export function rocketmqExposure({ listeners }: RocketmqOptions): string | null {
  const exposed = listeners.find(({ host }) => !isLoopback(host));
  if (exposed === undefined) return null;
  const host = exposed.host === '' ? 'all interfaces' : exposed.host;
  return (
    `polylog.rocketmq.listeners on ${host} would let in anybody who reaches it: listen on 127.0.0.1, or, ` +
    'on a network that you trust, set polylog.allow.unauthenticated=true.'
  );
}
