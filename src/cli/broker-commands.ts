// The commands that are the broker or look at its settings and files, in one module because they share most of it: were
// each loaded by itself, the bundle would be cut into more files, each of which costs a start most of a millisecond.

export * as config from './commands/config.ts';
export * as log from './commands/log.ts';
export * as start from './commands/start.ts';
