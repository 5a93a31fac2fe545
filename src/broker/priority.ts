/** Priorities: one stream a level. A topic with levels has them in the numbers of its partitions (polylog.priority.levels). */
import type { Topic } from '../metadata/image.ts';

/**
 * The partition for a message of a priority (0 and up; what is too high counts as the highest) among those that belong to the one that
 * its producer chose.
 */
export function partitionOfPriority(
  {
    config,
    partitionCount,
  }: { readonly config: Pick<Topic['config'], 'priorityLevels'>; readonly partitionCount: number },
  index: number,
  priority: number,
): number {
  const levels = config.priorityLevels;
  const level = Math.min(Math.max(0, priority), levels - 1);
  const wanted = index - (index % levels) + level;
  return wanted < partitionCount ? wanted : Math.min(level, partitionCount - 1);
}
