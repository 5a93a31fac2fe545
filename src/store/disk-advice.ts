/** What someone can do about a failing disk, in a sentence for messages and logs. */
import type { DiskError } from '../platform/ports.ts';

export function whatToDo(error: DiskError): string {
  switch (error.code) {
    case 'full':
      return 'Free some space, add some, or shorten retention.';
    case 'no-descriptors':
      return 'Raise the limit of open files of the broker (ulimit -n, or LimitNOFILE of its service).';
    case 'exists':
      return 'A file stands in the way: name a directory, or move the file away.';
    case 'permission':
      return 'Give the user of the broker the right to read and write there.';
    case 'read-only':
      return 'The disk is mounted read-only: mount it for writing, or give the broker another directory.';
    default:
      return 'Check the disk.';
  }
}
