// The version that `polylog --version` prints: put in by scripts/build.mjs, "development" when run from the sources.

declare const __POLYLOG_VERSION__: string | undefined;

export const VERSION = typeof __POLYLOG_VERSION__ === 'string' ? __POLYLOG_VERSION__ : 'development';
