/** Where something listens: a host and a port. */

export interface HostPort {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a listener there has all interfaces: no address that somebody could connect to. */
export function isEverywhere(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}
