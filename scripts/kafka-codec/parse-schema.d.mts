export interface VersionRange {
  min: number;
  /** Infinity for an open range. */
  max: number;
}

export interface SchemaField {
  name: string;
  /** A primitive, or the name of a structure. */
  type: string;
  array: boolean;
  versions: VersionRange;
  nullable?: VersionRange;
  tag?: number;
  default?: string;
  ignorable: boolean;
  fields: SchemaField[];
}

export interface SchemaMessage {
  name: string;
  kind: 'request' | 'response' | 'data';
  api?: string;
  apiKey?: number;
  versions: VersionRange;
  flexible?: VersionRange;
  fields: SchemaField[];
  structs: Map<string, SchemaField[]>;
}

export const PRIMITIVES: Set<string>;
export function parseRange(text: string | undefined, where: string): VersionRange | undefined;
export function parseSchema(text: string, file: string): SchemaMessage[];
