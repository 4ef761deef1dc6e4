/** Fields of the configuration that are never shown: written once, then known by a mask. */
import type { TSchema } from 'typebox';
import { Config } from './schema.ts';

/** Stands for a secret that is set. Sent back, it means: as it was. */
export const SECRET_MASK = '********';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly 'x-secret'?: boolean;
}

/** `mqtt.password`, ... */
export const SECRET_FIELDS: readonly string[] = secretFields(Config as TSchema as SchemaNode, '');

function secretFields(node: SchemaNode, field: string): string[] {
  if (node['x-secret'] === true) return [field];
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    secretFields(child, field === '' ? name : `${field}.${name}`),
  );
}

/** A copy in which every secret that is set reads SECRET_MASK. */
export function maskSecrets(config: Config): Config {
  const masked = structuredClone(config);
  for (const field of SECRET_FIELDS) {
    const place = placeOf(masked, field);
    if (place !== null && typeof place.holder[place.name] === 'string') place.holder[place.name] = SECRET_MASK;
  }
  return masked;
}

/**
 * A copy of `value` (anything) with the secrets of `stored` where it has the mask. Fields whose mask nothing stands
 * behind are told: they must be typed anew.
 */
export function restoreSecrets(
  value: unknown,
  stored: Config,
): { readonly value: unknown; readonly unknown: string[] } {
  const restored = structuredClone(value);
  const unknown: string[] = [];
  for (const field of SECRET_FIELDS) {
    const place = placeOf(restored, field);
    if (place === null || place.holder[place.name] !== SECRET_MASK) continue;
    const before = placeOf(stored, field);
    const secret = before === null ? null : before.holder[before.name];
    if (typeof secret === 'string') place.holder[place.name] = secret;
    else unknown.push(field);
  }
  return { value: restored, unknown };
}

/** What may be told of a change of `field`: of a secret, only that there is one. */
export function maskValue(field: string, value: unknown): unknown {
  return SECRET_FIELDS.includes(field) && typeof value === 'string' ? SECRET_MASK : value;
}

function placeOf(root: unknown, field: string): { holder: Record<string, unknown>; name: string } | null {
  const names = field.split('.');
  const name = names.pop()!;
  let holder = root;
  for (const step of names) {
    if (typeof holder !== 'object' || holder === null) return null;
    holder = (holder as Record<string, unknown>)[step];
  }
  if (typeof holder !== 'object' || holder === null) return null;
  return { holder: holder as Record<string, unknown>, name };
}
