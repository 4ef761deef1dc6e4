/**
 * Validates requests against their TypeBox schemas. Bodies are taken as they are. Query and path come as text: what a
 * schema calls an integer or a boolean is read as such only when it is written as one, so `1.5` is no scale of 1.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

function readText(schema: TSchema, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {};
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined;
    if (type === 'integer' && typeof value === 'string' && /^-?\d{1,15}$/.test(value)) read[name] = Number(value);
    else if (type === 'boolean' && (value === 'true' || value === 'false')) read[name] = value === 'true';
    else Object.defineProperty(read, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return read;
}

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const checker = Compile(schema);
  return (value: unknown) => {
    const read =
      httpPart === 'body' || typeof value !== 'object' || value === null
        ? value
        : readText(schema, value as Record<string, unknown>);
    return checker.Check(read) ? { value: read } : { error: checker.Errors(read) as never };
  };
};
