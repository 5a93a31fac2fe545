/**
 * The handle by which a delayed message is recalled: the one of the schedule, which nobody guesses, and the message's id, which the
 * answer has to name: `HANDLE.ID`.
 */

export interface RecallHandle {
  readonly handle: string;
  readonly messageId: string;
}

export function printRecallHandle(handle: string, messageId: string): string {
  return `${handle}.${messageId}`;
}

/** Null: no handle of this broker. */
export function parseRecallHandle(text: string): RecallHandle | null {
  const match = /^([A-Za-z0-9_-]+)\.(.{1,256})$/s.exec(text);
  return match && { handle: match[1]!, messageId: match[2]! };
}
