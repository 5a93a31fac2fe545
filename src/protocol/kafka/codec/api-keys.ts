/**
 * The APIs that the codec speaks: names, versions, and from which version on they are flexible (KIP-482: compact
 * lengths and tagged fields). What the broker advertises is decided by its handlers, within these ranges.
 */
import { API_TABLE } from './generated/api-table.ts';

export interface ApiInfo {
  readonly key: number;
  readonly name: ApiName;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** First flexible version; Infinity where there is none. */
  readonly firstFlexible: number;
}

/** 'Produce', 'Fetch', … as Kafka calls them. */
export type ApiName = (typeof API_TABLE)[number]['name'];

/** API keys by name: API_KEY.Produce is 0. */
export const API_KEY: {
  readonly [Name in ApiName]: Extract<(typeof API_TABLE)[number], { name: Name }>['key'];
} = Object.fromEntries(API_TABLE.map((api) => [api.name, api.key])) as never;

/** All APIs, in the order of their keys. */
export const APIS: readonly ApiInfo[] = API_TABLE;

const BY_KEY: ReadonlyMap<number, ApiInfo> = new Map(API_TABLE.map((api) => [api.key, api]));

/** The API of a key; undefined where the codec doesn't know it. */
export function apiInfo(apiKey: number): ApiInfo | undefined {
  return BY_KEY.get(apiKey);
}

/** Whether a version of an API has compact lengths and tagged fields; also right beyond the known versions. */
export function isFlexible(apiKey: number, apiVersion: number): boolean {
  const api = BY_KEY.get(apiKey);
  return api !== undefined && apiVersion >= api.firstFlexible;
}

/** Whether the codec reads and writes this version. */
export function isSupported(apiKey: number, apiVersion: number): boolean {
  const api = BY_KEY.get(apiKey);
  return api !== undefined && apiVersion >= api.minVersion && apiVersion <= api.maxVersion;
}
