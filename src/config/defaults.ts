import { Value } from 'typebox/value';
import { Config } from './schema.ts';

/** The configuration of a box that nobody has configured: every default of the schema. */
export function defaultConfig(): Config {
  return Value.Parse(
    Config,
    Value.Default(Config, { version: 1, capture: {}, meter: {}, web: {}, panel: {}, buttons: {} }),
  );
}
