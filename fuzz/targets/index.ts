/** All targets, by name. */
import type { FuzzTarget } from '../target.ts';
import { codecTarget } from './codec.ts';
import { compressionTarget } from './compression.ts';
import { configTarget } from './config.ts';
import { filterTarget } from './filter.ts';
import { headerTarget } from './header.ts';
import { recordsTarget } from './records.ts';
import { recoveryTarget } from './recovery.ts';
import { rocketmqTarget } from './rocketmq.ts';
import { saslTarget } from './sasl.ts';
import { sessionTarget } from './session.ts';
import { storedTarget } from './stored.ts';
import { telemetryTarget } from './telemetry.ts';

export function allTargets(): FuzzTarget[] {
  return [
    codecTarget('requests', ['request']),
    codecTarget('responses', ['response']),
    codecTarget('consumer-protocol', ['data']),
    headerTarget,
    recordsTarget,
    compressionTarget,
    storedTarget(),
    configTarget(),
    recoveryTarget(),
    sessionTarget(),
    saslTarget(),
    telemetryTarget,
    filterTarget,
    rocketmqTarget,
  ];
}
