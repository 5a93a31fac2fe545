/**
 * The audit log: who was let in, who was denied what, and what was changed, a line each through a logger.
 *
 * Who attacks must not fill the disk. What a client without rights can cause (logins, failed logins, denials) is told once a
 * minute for the same client and reason; what repeats is counted, and told as a sum at the end of the minute. Different
 * lines of each of these kinds have a bound a minute too: once it is reached, denials are only counted. A change is always told.
 *
 * Text of clients is shortened, and control characters in it are replaced.
 */
import type { Clock, Logger, Timer } from '../platform/ports.ts';
import type { Actor, AuditLog, AuthenticationEvent, ChangeEvent, DenialEvent } from './audit.ts';
import { formatPrincipal } from './principal.ts';

export interface LoggedAuditOptions {
  readonly target: Logger;
  readonly clock: Clock;
  /** Lines a minute of each kind that is bounded, at least 1 (polylog.audit.lines.per.minute). */
  readonly linesPerMinute: number;
}

type BoundedKind = 'login' | 'login failed' | 'denied';

interface Line {
  readonly level: 'info' | 'warn';
  readonly fields: object;
  readonly message: string;
}

interface Told extends Line {
  repeats: number;
}

const WINDOW_MS = 60_000;
/** Names are at most this long; what is changed may have long values. */
const NAME_CHARACTERS_MAX = 256;
const DETAIL_CHARACTERS_MAX = 1024;

/** What has happened since the window began. */
class Window {
  readonly told = new Map<string, Told>();
  leftOut = 0;
}

export class LoggedAudit implements AuditLog {
  readonly #target: Logger;
  readonly #clock: Clock;
  readonly #linesPerMinute: number;
  readonly #windows: Readonly<Record<BoundedKind, Window>> = {
    login: new Window(),
    'login failed': new Window(),
    denied: new Window(),
  };
  #timer: Timer | null = null;

  constructor(options: LoggedAuditOptions) {
    this.#target = options.target;
    this.#clock = options.clock;
    this.#linesPerMinute = options.linesPerMinute;
  }

  authentication(event: AuthenticationEvent): void {
    const { outcome, method, listenerName, remote, again, reason } = event;
    const principal = event.principal === null ? null : shown(formatPrincipal(event.principal));
    const host = remote.slice(0, Math.max(0, remote.lastIndexOf(':')));
    const fields = { principal, host: shown(host), listener: listenerName, method: shown(method), again };
    const who = principal ?? 'a client';
    if (outcome === 'granted') {
      return this.#bounded('login', {
        level: 'info',
        fields,
        message: `${who} was let in from ${fields.host}`,
      });
    }
    const why = reason === null ? null : shown(reason);
    const message = `${who} was not let in from ${fields.host}${why === null ? '' : `: ${why}`}`;
    this.#bounded('login failed', { level: 'warn', fields: { ...fields, reason: why }, message });
  }

  denied(tell: () => DenialEvent): void {
    const { denied } = this.#windows;
    if (denied.told.size >= this.#linesPerMinute) {
      denied.leftOut++;
      return;
    }
    const event = tell();
    const { operation, resourceType } = event;
    const resource = shown(event.resourceName);
    const who = actorFields(event);
    this.#bounded('denied', {
      level: 'warn',
      fields: { ...who, operation, resourceType, resource },
      message: `${who.principal} may not ${operation} ${resourceType} ${resource} from ${who.host}`,
    });
  }

  changed(event: ChangeEvent): void {
    const subject = shown(event.subject, DETAIL_CHARACTERS_MAX);
    const detail = event.detail === null ? null : shown(event.detail, DETAIL_CHARACTERS_MAX);
    const who = actorFields(event);
    const fields = { event: 'changed', ...who, change: event.change, subject, detail };
    this.#target.info(fields, `${who.principal}: ${event.change}: ${subject}`);
  }

  /** Tells the sums that are due. Afterwards nothing waits. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const [kind, window] of Object.entries(this.#windows)) this.#sum(kind as BoundedKind, window);
  }

  #bounded(kind: BoundedKind, line: Line): void {
    const { told } = this.#windows[kind];
    const key = JSON.stringify(line.fields);
    const known = told.get(key);
    if (known !== undefined) {
      known.repeats++;
    } else if (told.size >= this.#linesPerMinute) {
      this.#windows[kind].leftOut++;
    } else {
      told.set(key, { ...line, repeats: 0 });
      this.#target[line.level]({ event: kind, ...line.fields }, line.message);
    }
    this.#timer ??= this.#clock.setTimer(WINDOW_MS, () => this.close());
  }

  #sum(kind: BoundedKind, window: Window): void {
    for (const { level, fields, message, repeats } of window.told.values()) {
      if (repeats === 0) continue;
      this.#target[level]({ event: kind, ...fields, repeats }, `${message} (${repeats} times more)`);
    }
    if (window.leftOut > 0) {
      const { leftOut } = window;
      const message = `${leftOut} more events of the kind "${kind}" in the same minute are not told`;
      this.#target.warn({ event: kind, leftOut }, message);
    }
    window.told.clear();
    window.leftOut = 0;
  }
}

function actorFields({ principal, host, listenerName, request }: Actor) {
  return { principal: shown(formatPrincipal(principal)), host: shown(host), listener: listenerName, request };
}

/** Text of a client, fit for a line of a log. */
function shown(text: string, charactersMax: number = NAME_CHARACTERS_MAX): string {
  const short = text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`;
  return short.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
