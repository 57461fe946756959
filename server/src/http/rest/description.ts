import { z } from 'zod';
import type { DescribedHeaders, Operation } from './operation.ts';
import { refusal } from './schemas.ts';

/** The parts of an OpenAPI 3.1 document that this API has. */
export interface Description {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  security: Record<string, string[]>[];
  tags: { name: string }[];
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, object> };
}

export type Schema = Record<string, unknown>;

export interface DescribedOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: { name: string; in: 'path' | 'query'; required: boolean; description?: string; schema: Schema }[];
  requestBody?: { required: true; content: Content };
  responses: Record<string, { description: string; headers?: Record<string, object>; content?: Content }>;
}

type Content = Record<string, { schema: Schema; example?: unknown }>;

const meanings: Record<number, string> = {
  400: 'The request is wrong; `field` says where',
  401: 'The API key is missing, revoked, expired or mistyped',
  402: 'Too few credits are left',
  403: 'The key lacks the scope, or the plan lacks the model',
  404: 'There is no such thing',
  405: 'The path has other methods; `Allow` names them',
  413: 'The body is too large',
  415: 'The body is not sent as application/json',
  429: 'Too many requests, or too many answers at once; `Retry-After` says how long to wait',
  500: 'A fault of this server',
  502: 'The provider failed',
  503: 'The provider is overloaded, or the server is restarting',
  504: 'The model was silent for too long',
};

/** Describes the operations, with the schemas by which they check their requests, as OpenAPI 3.1. */
export function describe(
  operations: readonly Operation[],
  { version, url }: { version: string; url: string },
): Description {
  const schemas = new Schemas();
  const paths: Description['paths'] = {};
  for (const operation of operations) {
    const methods = paths[operation.path] ?? {};
    methods[operation.method.toLowerCase()] = describeOne(operation, schemas);
    paths[operation.path] = methods;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Polylogue',
      version,
      description:
        'Several models at once, paid in credits. Make an API key in the settings, and send it with each request. The whole API is GraphQL, at /graphql; the doors of OpenAI’s and Anthropic’s clients are at /v1.',
    },
    servers: [{ url }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.named,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer plk_…`' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
  };
}

function describeOne(operation: Operation, schemas: Schemas): DescribedOperation {
  const { method, path, tag, summary, description, scope, body, answer, refusals, example } = operation;
  const parameters = parametersOf(operation);
  const refused = [...new Set([401, 403, 405, ...(body ? [413, 415, 429] : []), ...refusals, 500])].sort(
    (a, b) => a - b,
  );
  const problem = { 'application/json': { schema: schemas.of(refusal, 'output') } };
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[{}]/g, '').replace(/(^|\/|-)(\w)/g, (_, _slash, letter) => letter.toUpperCase())}`,
    tags: [tag],
    summary,
    description: [description, `Needs an API key with the scope ${scope}.`].filter(Boolean).join(' '),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: schemas.of(body, 'input'), ...(example !== undefined && { example }) },
        },
      },
    }),
    responses: {
      [answer.status]: {
        description: answer.description,
        ...(answer.headers && { headers: describeHeaders(answer.headers) }),
        ...((answer.schema || answer.mediaType) && {
          content: {
            [answer.mediaType ?? 'application/json']: {
              schema: answer.schema ? schemas.of(answer.schema, 'output') : { type: 'string' },
            },
          },
        }),
      },
      ...Object.fromEntries(
        refused.map((status) => [
          status,
          {
            description: meanings[status] ?? '',
            ...(refusalHeaders[status] && { headers: describeHeaders(refusalHeaders[status]) }),
            content: problem,
          },
        ]),
      ),
    },
  };
}

const retryAfter = { 'Retry-After': { description: 'Seconds', type: 'integer' } } as const;

const refusalHeaders: Record<number, DescribedHeaders> = {
  405: { Allow: { description: 'Methods', type: 'string' } },
  429: retryAfter,
  503: retryAfter,
};

function describeHeaders(headers: DescribedHeaders): Record<string, object> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, { description, type }]) => [name, { description, schema: { type } }]),
  );
}

function parametersOf({ parameters = {}, query }: Operation): NonNullable<DescribedOperation['parameters']> {
  const ofPath = Object.entries(parameters).map(([name, description]) => {
    return { name, in: 'path' as const, required: true, description, schema: { type: 'string' } };
  });
  const described = query ? (z.toJSONSchema(query, { io: 'input' }).properties as Record<string, Schema>) : {};
  const ofQuery = Object.entries(described).map(([name, { description, ...schema }]) => {
    const more = typeof description === 'string' ? { description } : {};
    return { name, in: 'query' as const, required: false, ...more, schema };
  });
  return [...ofPath, ...ofQuery];
}

/** Schemas that have an id are described once, and referred to by it. */
class Schemas {
  readonly named: Record<string, Schema> = {};

  of(schema: z.ZodType, io: 'input' | 'output'): Schema {
    const {
      $schema: _,
      $defs: defs = {},
      ...described
    } = z.toJSONSchema(schema, { io, reused: 'inline' }) as Schema & {
      $defs?: Record<string, Schema>;
    };
    for (const [name, definition] of Object.entries(defs)) this.#name(name, definition);
    // Of the schema itself, unlike of those within it, the id is not in the result.
    const id = schema.meta()?.id;
    return id === undefined ? refer(described) : this.#name(id, described);
  }

  #name(name: string, schema: Schema): Schema {
    const { id: _, ...rest } = schema;
    this.named[name] ??= refer(rest);
    return { $ref: `#/components/schemas/${name}` };
  }
}

/** Points references at the document's components. */
function refer(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
