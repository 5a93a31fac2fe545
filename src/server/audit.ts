/** The audit log that the settings ask for. */
import { BrokerError } from '../base/errors.ts';
import type { BrokerSettings } from '../metadata/broker-settings.ts';
import type { LogFile, Logger, Platform } from '../platform/ports.ts';
import { type AuditLog, NO_AUDIT_LOG } from '../security/audit.ts';
import { LoggedAudit } from '../security/audit-log.ts';

export interface OpenAudit {
  readonly log: AuditLog;
  /** Goes on in a new file, where the old one was moved away. */
  reopen(): void;
  close(): void;
}

const NOTHING: OpenAudit = { log: NO_AUDIT_LOG, reopen: () => undefined, close: () => undefined };

/** invalid-config where its file can't be opened. `logger`: the broker's own, which is where `stderr` goes. */
export function openAudit(platform: Platform, settings: BrokerSettings, logger: Logger): OpenAudit {
  const { target, linesPerMinute } = settings.audit;
  if (target === 'off') return NOTHING;
  const file = target === 'stderr' ? null : openFile(platform, target, logger);
  const log = new LoggedAudit({ target: file?.logger ?? logger, clock: platform.clock, linesPerMinute });
  return {
    log,
    reopen: () => file?.reopen(),
    close() {
      log.close();
      file?.close();
    },
  };
}

function openFile(platform: Platform, path: string, logger: Logger): LogFile {
  const failed = (error: Error): void =>
    logger.error({ path }, `the audit log can't be written, lines are lost: ${error.message}`);
  try {
    return platform.openLogFile(path, failed);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `Can't open the audit log ${path}: ${why}. Choose another file with polylog.audit.log.`;
    throw new BrokerError('invalid-config', message);
  }
}
