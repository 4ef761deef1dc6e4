/**
 * Steps from one version of the configuration to the next. Each is pure and never changes once released: a file of
 * any old version walks up step by step. test/config/golden holds a file of every version that was ever released.
 */

/** The version that this program writes. */
export const CONFIG_VERSION = 1;

export interface Migration {
  /** Takes a configuration of this version ... */
  readonly from: number;
  /** ... to `from + 1`. `note` tells the user what changed. */
  readonly note: string;
  readonly migrate: (config: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** Version 1 is the first: there is nothing to step up from yet. */
export const MIGRATIONS: readonly Migration[] = [];

export type Migrated =
  | { readonly kind: 'current'; readonly config: unknown; readonly notes: readonly string[] }
  /** Written by a newer program: not ours to touch. */
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'unknown' };

/** Walks `raw` up to `target`. It is not validated here. */
export function migrate(
  raw: unknown,
  steps: readonly Migration[] = MIGRATIONS,
  target: number = CONFIG_VERSION,
): Migrated {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { kind: 'unknown' };
  let config = raw as Record<string, unknown>;
  const { version } = config;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return { kind: 'unknown' };
  if (version > target) return { kind: 'newer', version };
  const notes: string[] = [];
  for (let at = version; at < target; at++) {
    const step = steps.find(({ from }) => from === at);
    if (step === undefined) return { kind: 'unknown' };
    config = { ...step.migrate(structuredClone(config)), version: at + 1 };
    notes.push(step.note);
  }
  return { kind: 'current', config, notes };
}
