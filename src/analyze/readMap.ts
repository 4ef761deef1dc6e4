/** Banks from a file that the user names. */
import { readFileSync } from 'node:fs';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { BankConfig, type Config } from '../config/schema.ts';
import { bad, good, type Outcome } from '../fault.ts';

const BankMap = Type.Array(BankConfig, { minItems: 1, maxItems: 16 });

/** Banks from a file, as in the configuration. */
export function readMap(file: string): Outcome<Config['banks']> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return bad(
      'map-unreadable',
      `The map ${file} can not be read: ${(error as Error).message}.`,
      'Check its name and that it is JSON.',
    );
  }
  if (Value.Check(BankMap, value)) return good(value);
  const first = [...Value.Errors(BankMap, value)][0];
  return bad(
    'map-invalid',
    `The map ${file} does not fit: ${first?.instancePath || '/'} ${first?.message ?? ''}.`,
    'Write a list such as [{"id":"adat-a","name":"ADAT A","kind":"adat","first":11,"last":18}].',
  );
}
