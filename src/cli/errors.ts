// The one kind of failure that a command reports: a sentence for the terminal and the exit code that goes with it.
// Everything else that reaches main.ts is a defect and is printed with its stack.

/** Exit codes of every command; the help text lists them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure to be told in one sentence that says what to do. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** A wrong argument: exit code 2. */
export function usageError(message: string): CliError {
  return new CliError(message, EXIT.usage);
}
