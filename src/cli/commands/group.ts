import type { Command } from 'commander';
export function define(_c: Command): void {}
