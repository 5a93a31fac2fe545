// `polylog start`.

import type { Command } from 'commander';
import { BrokerError } from '../../base/errors.ts';
import { startServer } from '../../server/start.ts';
import { addConfigFlags, type ConfigFlags, readBrokerConfig } from '../config-flags.ts';
import { CliError, EXIT } from '../errors.ts';

export function define(command: Command): void {
  command.addHelpText(
    'after',
    `
When clients can connect, standard output has one line: polylog ready kafka://HOST:PORT ...
Settings: see \`polylog config\`.

Examples:
  $ polylog start
  $ polylog start --listen SASL_SSL://:9093 --advertise SASL_SSL://broker.example:9093 --set ssl.keystore.location=broker.pem
  $ polylog start --listen kafka://:9092 --advertise kafka://broker.example:9092 --set polylog.allow.unauthenticated=true
  $ polylog start --listen kafka://127.0.0.1:0 --set num.partitions=6`,
  );
  addConfigFlags(command).action(start);
}

async function start(flags: ConfigFlags): Promise<void> {
  try {
    await startServer(readBrokerConfig(flags));
  } catch (error) {
    if (error instanceof BrokerError) throw new CliError(error.message, EXIT.failed);
    throw error;
  }
}
