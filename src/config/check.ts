/** Is this a configuration? Defaults filled in, every complaint with its field in the schema's words. */
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { PatchSheet } from '../guide/patchSheet.ts';
import { Config } from './schema.ts';

export interface ConfigProblem {
  /** `meter.holdMs`, `banks.0.first`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

export type CheckedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const checker = Compile(Config);
const MAX_PROBLEMS = 20;

/** `value` is not changed. Missing fields get their defaults; unknown fields are problems. */
export function checkConfig(value: unknown): CheckedConfig {
  const filled = withDefaults(structuredClone(value));
  if (!checker.Check(filled)) {
    const problems: ConfigProblem[] = [];
    for (const error of checker.Errors(filled)) {
      // Of an unknown key two complaints come; the one that names it is the clear one.
      if (error.keyword === 'additionalProperties') continue;
      const field = error.instancePath.slice(1).replaceAll('/', '.');
      const message = error.keyword === 'boolean' ? 'is not a field of the configuration' : error.message;
      if (problems.some((problem) => problem.field === field)) continue;
      problems.push({ field, message });
      if (problems.length === MAX_PROBLEMS) break;
    }
    return { ok: false, problems };
  }
  const config: Config = filled;
  const problems = acrossFields(config);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

/** The patch sheet stands in the schema as a plain JSON Schema, whose defaults must be filled in by themselves. */
function withDefaults(value: unknown): unknown {
  const filled = Value.Default(Config, value);
  if (typeof filled !== 'object' || filled === null || !('patch' in filled)) return filled;
  return { ...filled, patch: Value.Default(PatchSheet, filled.patch) };
}

/** What a schema can't say of one field alone. */
function acrossFields(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seenChannels = new Set<number>();
  for (const [i, { index }] of config.channels.entries()) {
    if (seenChannels.has(index)) {
      problems.push({ field: `channels.${i}.index`, message: `channel ${index} is named twice` });
    }
    seenChannels.add(index);
  }
  const owner = new Map<number, string>();
  const ids = new Set<string>();
  for (const [i, bank] of config.banks.entries()) {
    if (ids.has(bank.id)) problems.push({ field: `banks.${i}.id`, message: `two banks are called ${bank.id}` });
    ids.add(bank.id);
    if (bank.last < bank.first) {
      problems.push({ field: `banks.${i}.last`, message: 'must not be less than first' });
      continue;
    }
    for (let channel = bank.first; channel <= bank.last; channel++) {
      const other = owner.get(channel);
      if (other !== undefined) {
        problems.push({ field: `banks.${i}.first`, message: `channel ${channel} is in ${other} already` });
        break;
      }
      owner.set(channel, bank.name);
    }
  }
  return problems;
}
