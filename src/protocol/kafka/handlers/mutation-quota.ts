/**
 * The quota of mutations, counted in partitions that are created or deleted. KIP-599.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { RequestContext } from '../api.ts';

/** Versions from which on a client is told that it mutates too much, and tries again by itself. */
export const STRICT_FROM = { createTopics: 6, deleteTopics: 5, createPartitions: 3 } as const;

const THROTTLED = new BrokerError(
  'throttled',
  'Your quota of topics and partitions to create or delete (controller_mutation_rate) is used up: try again later.',
);

/**
 * Asks the quota for the partitions of each of `wanted` in order, and `propose`s those that are granted. What the broker
 * then refuses is given back. One result for each, in order.
 */
export async function withMutationQuota<Wanted, Result>(
  context: RequestContext,
  wanted: readonly Wanted[],
  options: {
    readonly strictFrom: number;
    readonly partitions: (one: Wanted) => number;
    readonly propose: (
      granted: readonly Wanted[],
    ) => Promise<readonly (Result | BrokerError)[] | BrokerError>;
  },
): Promise<(Result | BrokerError)[]> {
  const { charge, apiVersion } = context;
  const strict = apiVersion >= options.strictFrom;
  const counts = wanted.map((one) => Math.max(0, options.partitions(one)));
  const granted = counts.map((count) => count === 0 || charge.mutate({ count, strict }));
  const results = await options.propose(wanted.filter((_, i) => granted[i]));
  let next = 0;
  return wanted.map((_, i) => {
    if (!granted[i]) return THROTTLED;
    const result = results instanceof BrokerError ? results : results[next++]!;
    if (result instanceof BrokerError && counts[i]! > 0) charge.unmutate(counts[i]!);
    return result;
  });
}
