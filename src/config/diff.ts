/** What a change of configuration touches: the fields, and the parts of the program that must be rebuilt for them. */
import type { TSchema } from 'typebox';
import { Config } from './schema.ts';

/** The parts in the order in which they are rebuilt. */
export const PARTS = ['capture', 'monitor', 'panel', 'buttons', 'web', 'integrations'] as const;
export type Part = (typeof PARTS)[number];

export interface ConfigChange {
  /** `meter.holdMs`; lists count as one field. */
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly rebuilds: Part | 'none';
}

export interface ConfigDiff {
  readonly changes: readonly ConfigChange[];
  /** The parts to rebuild, in order, each once. */
  readonly rebuilds: readonly Part[];
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly 'x-rebuilds'?: Part | 'none';
}

/** Compares two whole configurations field by field. */
export function diffConfig(before: Config, after: Config): ConfigDiff {
  const changes: ConfigChange[] = [];
  walk(Config as TSchema as SchemaNode, '', before, after, 'none', changes);
  const touched = new Set(changes.map((change) => change.rebuilds));
  return { changes, rebuilds: PARTS.filter((part) => touched.has(part)) };
}

function walk(
  schema: SchemaNode,
  field: string,
  before: unknown,
  after: unknown,
  inherited: Part | 'none',
  changes: ConfigChange[],
): void {
  const rebuilds = schema['x-rebuilds'] ?? inherited;
  if (schema.properties !== undefined && isRecord(before) && isRecord(after)) {
    for (const [name, child] of Object.entries(schema.properties)) {
      walk(child, field === '' ? name : `${field}.${name}`, before[name], after[name], rebuilds, changes);
    }
    return;
  }
  if (!sameJson(before, after)) changes.push({ field, from: before, to: after, rebuilds });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equal as JSON, whatever the order of keys. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => sameJson(a[name], b[name]));
}

/** Parts that are built anew with capture running: allowed in the middle of a take. */
export function sparesCapture(part: Part): boolean {
  return part !== 'capture';
}
