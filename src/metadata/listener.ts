/** Addresses of listeners as settings write them: `kafka://HOST:PORT`, or Kafka's own `PLAINTEXT://HOST:PORT`. */

export interface ListenerAddress {
  readonly protocol: 'kafka';
  /** A name or an address, IPv6 without brackets. For a listener '' means all interfaces, written `kafka://:9092`. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export const LISTENER_FORM = 'kafka://HOST:PORT, several separated by commas';

/** Null where the text has another form. A bare `HOST:PORT` is Kafka's protocol too. */
export function parseListener(text: string): ListenerAddress | null {
  const match = /^(?:(?:kafka|PLAINTEXT):\/\/)?(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:/\s[\]]*)):(\d{1,5})$/.exec(
    text.trim(),
  );
  if (match === null) return null;
  const port = Number(match[3]);
  return port > 65_535 ? null : { protocol: 'kafka', host: match[1] ?? match[2] ?? '', port };
}

/** The inverse of parseListener. */
export function formatListener({ host, port }: { readonly host: string; readonly port: number }): string {
  return `kafka://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Null where all elements of a list are listeners; otherwise what they should be. */
export function checkListeners(canonical: string): string | null {
  const elements = canonical.split(',');
  if (elements.some((element) => /^(SSL|SASL_SSL|SASL_PLAINTEXT):/.test(element))) {
    return `${LISTENER_FORM}; TLS and SASL are not implemented yet`;
  }
  return elements.every((element) => parseListener(element) !== null) ? null : LISTENER_FORM;
}

/** As checkListeners, for addresses that clients are told: they must name a host. */
export function checkAdvertised(canonical: string): string | null {
  if (canonical === '') return null;
  for (const element of canonical.split(',')) {
    const address = parseListener(element);
    if (address === null) return LISTENER_FORM;
    if (['', '0.0.0.0', '::'].includes(address.host))
      return 'a host that clients can reach, not all interfaces';
  }
  return null;
}
