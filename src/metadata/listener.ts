/**
 * Addresses of listeners as settings write them: `NAME://HOST:PORT`, as in Kafka. The name says, by
 * `listener.security.protocol.map`, how clients are let in; `kafka://` and nothing stand for PLAINTEXT.
 */
import { formatHostPort, type HostPort, isEverywhere } from '../base/host-port.ts';

export interface ListenerAddress {
  readonly protocol: 'kafka';
  /** In capitals, e.g. PLAINTEXT, SASL_SSL or EXTERNAL. */
  readonly name: string;
  /** A name or an address, IPv6 without brackets. For a listener '' means all interfaces, written `kafka://:9092`. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** What is spoken below Kafka's protocol, and how a client shows who it is. */
export const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
export type SecurityProtocol = (typeof SECURITY_PROTOCOLS)[number];

/** Of a listener that gives none. */
const NAME_DEFAULT = 'PLAINTEXT';

export const LISTENER_FORM = 'kafka://HOST:PORT or NAME://HOST:PORT, several separated by commas';

/** What the address should be that clients are told. */
export const NOT_REACHABLE = 'a host that clients can reach, not all interfaces';

const ADDRESS = /^(?:([A-Za-z][A-Za-z0-9_-]*):\/\/)?(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:/\s[\]]*)):(\d{1,5})$/;

/** Null where the text has another form. */
export function parseListener(text: string): ListenerAddress | null {
  const match = ADDRESS.exec(text.trim());
  if (match === null) return null;
  const [, name = 'kafka', address, host] = match;
  const port = Number(match[4]);
  if (port > 65_535) return null;
  return {
    protocol: 'kafka',
    name: name === 'kafka' ? NAME_DEFAULT : name.toUpperCase(),
    host: address ?? host ?? '',
    port,
  };
}

/** `HOST:PORT`, with brackets around an IPv6 address. Null: another form. */
export function parseHostPort(text: string): HostPort | null {
  const address = text.includes('://') ? null : parseListener(text);
  return address && { host: address.host, port: address.port };
}

/** The inverse of parseListener. */
export function formatListener(listener: HostPort & { readonly name: string }): string {
  const { name } = listener;
  const scheme = name === NAME_DEFAULT ? 'kafka' : name;
  return `${scheme}://${formatHostPort(listener)}`;
}

/** Null where all elements of a list are listeners; otherwise what they should be. */
export function checkListeners(canonical: string): string | null {
  const elements = canonical.split(',');
  return elements.every((element) => parseListener(element) !== null) ? null : LISTENER_FORM;
}

/** As checkListeners, for addresses that clients are told: they must name a host. */
export function checkAdvertised(canonical: string): string | null {
  if (canonical === '') return null;
  for (const element of canonical.split(',')) {
    const address = parseListener(element);
    if (address === null) return LISTENER_FORM;
    if (isEverywhere(address.host)) return NOT_REACHABLE;
  }
  return null;
}

/** Null where the text is a list of NAME:PROTOCOL. */
export function checkProtocolMap(canonical: string): string | null {
  const form = `NAME:PROTOCOL, several separated by commas, where PROTOCOL is one of ${SECURITY_PROTOCOLS.join(', ')}`;
  if (canonical === '') return null;
  return canonical.split(',').every((element) => parseMapping(element) !== null) ? null : form;
}

function parseMapping(element: string): readonly [name: string, security: SecurityProtocol] | null {
  const match = /^\s*([A-Za-z][A-Za-z0-9_-]*)\s*:\s*([A-Z_]+)\s*$/.exec(element);
  const security = SECURITY_PROTOCOLS.find((protocol) => protocol === match?.[2]);
  return security === undefined ? null : [match![1]!.toUpperCase(), security];
}

/** The protocol of a listener by its name; null where nothing says it. A protocol's own name stands for it. */
export function securityOf(name: string, map: string): SecurityProtocol | null {
  for (const element of map.split(',')) {
    const mapping = parseMapping(element);
    if (mapping?.[0] === name) return mapping[1];
  }
  return SECURITY_PROTOCOLS.find((protocol) => protocol === name) ?? null;
}

/** Only programs of this machine can connect there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Where HTTP is listened on: `http://HOST:PORT`, with brackets around an IPv6 address. Null: another form. */
export function parseHttpAddress(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^http:\/\/(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:/\s[\]]*)):(\d{1,5})\/?$/.exec(text.trim());
  if (match === null || Number(match[3]) > 65_535) return null;
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) };
}

/** Null where all elements of a list are addresses for HTTP. */
export function checkAdminListeners(canonical: string): string | null {
  if (canonical === '') return null;
  const isGood = canonical.split(',').every((element) => parseHttpAddress(element) !== null);
  return isGood ? null : 'http://HOST:PORT, several separated by commas';
}
