/**
 * Addresses as text in one form, so that what a setting or a command names can be compared with what a socket says: IPv4
 * in four decimal numbers, also where it comes in IPv6's clothes (::ffff:10.0.0.1), and IPv6 as RFC 5952 writes it.
 */

const IPV6_GROUPS = 8;

/** The one form of an address; null where `text` is none. A zone (%eth0) is kept. */
export function canonicalAddress(text: string): string | null {
  const zoneAt = text.indexOf('%');
  const zone = zoneAt < 0 ? '' : text.slice(zoneAt);
  if (zone.length > 64 || text.length - zone.length > 45) return null;
  const address = zoneAt < 0 ? text : text.slice(0, zoneAt);
  const ipv4 = parseIpv4(address);
  if (ipv4 !== null) return zone === '' ? ipv4.join('.') : null;
  const groups = parseIpv6(address);
  if (groups === null || zone === '%') return null;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 0xff, groups[7]! >> 8, groups[7]! & 0xff].join('.');
  }
  return formatIpv6(groups) + zone;
}

function parseIpv4(text: string): number[] | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const numbers = match.slice(1).map(Number);
  return numbers.every((number) => number <= 255) ? numbers : null;
}

function parseIpv6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(parseGroups);
  if (head === null || tail === null || head === undefined) return null;
  if (tail === undefined) return head.length === IPV6_GROUPS ? head : null;
  const missing = IPV6_GROUPS - head.length - tail.length;
  return missing < 1 ? null : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function parseGroups(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : null;
    if (ipv4 !== null) groups.push(ipv4[0]! * 256 + ipv4[1]!, ipv4[2]! * 256 + ipv4[3]!);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** The longest run of zeros, of two groups at least and the first of equals, becomes `::`. */
function formatIpv6(groups: readonly number[]): string {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (at + length < groups.length && groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.at < 0) return text(groups);
  return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`;
}
