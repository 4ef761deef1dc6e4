/** OpenAPI 3.1 from the routes' own schemas: what is checked is what is documented. */
import type { FastifySchema, RouteOptions } from 'fastify';
import type { WebApp } from './context.ts';

export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly 'x-rebuilds'?: string;
}

export interface Operation {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'query';
    readonly required: boolean;
    readonly schema: SchemaNode;
    readonly description?: string;
  }[];
  readonly requestBody?: {
    readonly required: true;
    readonly content: Readonly<Record<string, { readonly schema: SchemaNode }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: SchemaNode }>> }
    >
  >;
}

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> };
  readonly paths: Record<string, Record<string, Operation>>;
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  '200': 'Done.',
  '400': 'The request is not as described.',
  '401': 'Not paired.',
  '409': 'Not now.',
  '422': 'The configuration does not fit; nothing was saved.',
  '429': 'Locked for a minute.',
  '503': 'All places are taken.',
  '507': 'It could not be written to the disk.',
};

/** A document that fills as routes are added to `app` from now on; routes without a summary (the page's files) stay out. */
export function describeRoutes(app: WebApp, version: string): OpenApi {
  const document: OpenApi = {
    openapi: '3.1.0',
    info: {
      title: 'Lightkeeper',
      version,
      description:
        'Levels are dB, null for no signal. Frames count from the start of the stream. Channels are 1-based.',
    },
    components: { securitySchemes: { session: { type: 'http', scheme: 'bearer' } } },
    paths: {},
  };
  app.addHook('onRoute', (route: RouteOptions) => {
    const { schema } = route;
    if (schema?.summary === undefined || route.method === 'HEAD') return;
    const methods = Array.isArray(route.method) ? route.method : [route.method];
    for (const method of methods) {
      if (method === 'HEAD') continue;
      document.paths[route.url] ??= {};
      document.paths[route.url]![method.toLowerCase()] = operation(schema, route.onRequest !== undefined);
    }
  });
  return document;
}

function operation(schema: FastifySchema, guarded: boolean): Operation {
  const query = schema.querystring as SchemaNode | undefined;
  const body = schema.body as SchemaNode | undefined;
  const media = schema.produces?.[0] ?? 'application/json';
  const responses: Record<string, Operation['responses'][string]> = {};
  const declared = (schema.response ?? { 200: {} }) as Record<string, SchemaNode>;
  for (const [status, node] of Object.entries(declared)) {
    const type = status === '200' ? media : 'application/json';
    responses[status] = {
      description: STATUS_WORDS[status] ?? 'See the fault.',
      content: { [type]: { schema: node } },
    };
  }
  return {
    summary: schema.summary ?? '',
    tags: schema.tags ?? [],
    ...(guarded ? { security: [{ session: [] }] } : {}),
    ...(query?.properties === undefined
      ? {}
      : {
          parameters: Object.entries(query.properties).map(([name, node]) => ({
            name,
            in: 'query' as const,
            required: query.required?.includes(name) ?? false,
            schema: node,
            ...(node.description === undefined ? {} : { description: node.description }),
          })),
        }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true as const, content: { 'application/json': { schema: body } } } }),
    responses,
  };
}

/** A type in words a person reads: `integer 1..8`, `text, at most 16 characters`, `one of A B C D`. */
export function typeInWords(node: SchemaNode): string {
  if (node.const !== undefined) return `always \`${JSON.stringify(node.const)}\``;
  if (node.enum !== undefined) return `one of ${node.enum.map((value) => `\`${value}\``).join(' ')}`;
  if (node.anyOf !== undefined) return node.anyOf.map(typeInWords).join(', or ');
  switch (node.type) {
    case 'integer':
    case 'number': {
      const word = node.type === 'integer' ? 'whole number' : 'number';
      if (node.minimum !== undefined && node.maximum !== undefined) return `${word} ${node.minimum}..${node.maximum}`;
      if (node.minimum !== undefined) return `${word} from ${node.minimum}`;
      return word;
    }
    case 'string':
      if (node.pattern !== undefined) return `text like \`${node.pattern}\``;
      return node.maxLength === undefined ? 'text' : `text, at most ${node.maxLength} characters`;
    case 'boolean':
      return '`true` or `false`';
    case 'null':
      return '`null`';
    case 'array':
      return `list${node.maxItems === undefined ? '' : ` of at most ${node.maxItems}`}${node.items?.properties === undefined && node.items !== undefined ? `: ${typeInWords(node.items)}` : ''}`;
    case 'object':
      return 'object';
    default:
      return 'anything';
  }
}

export interface FieldRow {
  /** `banks[].first` */
  readonly field: string;
  readonly type: string;
  readonly required: boolean;
  readonly defaultValue: string;
  readonly description: string;
  readonly rebuilds: string;
}

/** Every field of a schema, outer before inner. */
export function fieldRows(node: SchemaNode, prefix = '', inherited = ''): FieldRow[] {
  const rows: FieldRow[] = [];
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const field = prefix === '' ? name : `${prefix}.${name}`;
    const rebuilds = child['x-rebuilds'] ?? inherited;
    const inner = child.items?.properties === undefined ? child : child.items;
    const innerField = inner === child ? field : `${field}[]`;
    const isGroup = child.type === 'object' && child.properties !== undefined;
    if (!isGroup) {
      rows.push({
        field,
        type: typeInWords(child),
        required: node.required?.includes(name) ?? false,
        defaultValue: child.default === undefined ? '' : JSON.stringify(child.default),
        description: child.description ?? '',
        rebuilds,
      });
    } else if (child.description !== undefined) {
      rows.push({ field, type: 'object', required: true, defaultValue: '', description: child.description, rebuilds });
    }
    if (inner.properties !== undefined) rows.push(...fieldRows(inner, innerField, rebuilds));
    const alternative = child.anyOf?.find((option) => option.properties !== undefined);
    if (alternative !== undefined) rows.push(...fieldRows(alternative, field, rebuilds));
  }
  return rows;
}
