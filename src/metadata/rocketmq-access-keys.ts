/** The text of polylog.rocketmq.access.keys: KEY:SECRET, several separated by commas. */

/** Secrets by access key; null where the text has another form, or a key twice. */
export function parseAccessKeys(text: string): ReadonlyMap<string, string> | null {
  const keys = new Map<string, string>();
  if (text.trim() === '') return keys;
  for (const element of text.split(',')) {
    const match = /^\s*([A-Za-z0-9._@-]{1,200}):(\S+)\s*$/.exec(element);
    if (match === null || keys.has(match[1]!)) return null;
    keys.set(match[1]!, match[2]!);
  }
  return keys;
}
