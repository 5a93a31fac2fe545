/**
 * The invariants that need the final content of the logs, read by an auditor after all faults have stopped:
 *  2  every acknowledged value that no crash may have taken is there
 *  3  a value is there at most as often as it was sent, once where the producer is idempotent
 *  4  what was refused isn't there
 *  7  offsets have no gaps
 *  10 the order of an idempotent producer's sends to a partition is kept
 *  11 an acknowledged offset is where the value is
 *  2  for groups: every record was processed by some member
 *  14 in calm each partition of a group's topics has one reader
 */
import type { ReadRecord } from './clients/records.ts';
import type { History, Sent } from './history.ts';

/** A partition as the auditor read it, from its start to its end. */
export interface AuditedLog {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly records: readonly ReadRecord[];
}

export function checkLogs(history: History, logs: readonly AuditedLog[]): void {
  for (const log of logs) checkLog(history, log);
}

function checkLog(history: History, log: AuditedLog): void {
  const where = `${log.topic}-${log.partition}`;
  const facts = history.topics.get(log.topic);
  const offsets = new Map<string, number[]>();
  let expected = log.startOffset;
  for (const { offset, id } of log.records) {
    if (offset !== expected) history.fail(`(7) ${where}: offset ${expected} is missing, ${offset} follows`);
    expected = offset + 1;
    const found = offsets.get(id);
    if (found === undefined) offsets.set(id, [offset]);
    else found.push(offset);
  }
  if (expected !== log.endOffset)
    history.fail(`${where} ends at ${log.endOffset}, its records at ${expected}`);
  if (facts?.trimmed !== true && log.startOffset !== 0) {
    history.fail(`${where} begins at ${log.startOffset}, and nothing was removed from it`);
  }
  for (const sent of history.sent.values()) {
    if (sent.topic !== log.topic || sent.partition !== log.partition) continue;
    checkSent(history, log, sent, offsets.get(sent.value) ?? []);
  }
  checkOrder(history, log);
}

function checkSent(history: History, log: AuditedLog, sent: Sent, found: readonly number[]): void {
  const where = `${log.topic}-${log.partition}`;
  const most = sent.idempotent ? 1 : sent.attempts;
  if (found.length > most) {
    history.fail(
      `(3) ${sent.value} was sent ${sent.attempts} times and is in ${where} at ${found.join(', ')}`,
    );
  }
  if (sent.outcome === 'refused' && found.length > 0) {
    history.fail(`(4) ${sent.value} was refused and is in ${where} at ${found.join(', ')}`);
  }
  if (sent.outcome === 'pending') history.fail(`(14) ${sent.value} has no outcome`);
  if (sent.outcome !== 'acked' || !sent.mustSurvive) return;
  if (sent.offset >= 0 ? sent.offset < log.startOffset : log.startOffset > 0) return;
  if (found.length === 0) {
    history.fail(`(2) ${sent.value} was acknowledged at ${where}@${sent.offset} and is lost`);
  } else if (sent.offset >= 0 && !found.includes(sent.offset)) {
    history.fail(
      `(11) ${sent.value} was acknowledged at ${where}@${sent.offset} and is at ${found.join(', ')}`,
    );
  }
}

function checkOrder(history: History, log: AuditedLog): void {
  const last = new Map<string, Sent>();
  for (const { id } of log.records) {
    const sent = history.sent.get(id);
    if (sent === undefined || !sent.idempotent) continue;
    const before = last.get(sent.producer);
    if (before !== undefined && before.order >= sent.order) {
      history.fail(`(10) ${log.topic}-${log.partition}: ${before.value} stands before ${sent.value}`);
    }
    last.set(sent.producer, sent);
  }
}

/** Every record of the topics a group reads was processed by one of its members. */
export function checkGroup(history: History, group: string, logs: readonly AuditedLog[]): void {
  const facts = history.group(group);
  for (const log of logs) {
    const processed = facts.processed.get(`${log.topic}-${log.partition}`);
    for (const { offset, id } of log.records) {
      if (processed?.has(offset)) continue;
      history.fail(`(2) no member of ${group} has read ${log.topic}-${log.partition}@${offset} (${id})`);
      break;
    }
  }
}

/** Partitions that not exactly one of a group's members reads. `owned`: those of each member. */
export function unsettled(owned: readonly (readonly string[])[], logs: readonly AuditedLog[]): string[] {
  const readers = new Map<string, number>();
  for (const partition of owned.flat()) readers.set(partition, (readers.get(partition) ?? 0) + 1);
  return logs
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .filter((partition) => readers.get(partition) !== 1);
}
