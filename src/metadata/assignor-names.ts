/** Names of the server-side assignors of the consumer protocol, the default one first (group/assign/registry.ts). */
export const GROUP_ASSIGNORS: readonly string[] = [
  'uniform',
  'range',
  'round-robin',
  'random',
  'hash',
  'consistent-hash',
  'same-rack-first',
];
