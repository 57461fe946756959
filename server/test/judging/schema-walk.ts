import {
  buildClientSchema,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  type IntrospectionQuery,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Client } from '../setup/app.ts';

/** Lists of the whole catalogue, which everybody reads: a blind turn cannot hide that a model exists. */
const catalogueFields = new Set([
  'Query.models',
  'Query.providers',
  'Query.tiers',
  'Query.server',
  'Tier.models',
  'Provider.models',
  'Provider.defaultModel',
  'Model.fallbacks',
]);

const DEPTHS = [7, 6, 5, 4, 3, 2, 1];

/** Asks whatever the schema lets a client ask, by introspection, and keeps the answers. */
export class SchemaWalk {
  readonly #client: Client;
  readonly #schema: GraphQLSchema;
  /** The answers as JSON, by what was asked. */
  readonly answers = new Map<string, string>();

  constructor(client: Client, schema: GraphQLSchema) {
    this.#client = client;
    this.#schema = schema;
  }

  static async of(client: Client): Promise<SchemaWalk> {
    const data: IntrospectionQuery = await client.gql(getIntrospectionQuery());
    return new SchemaWalk(client, buildClientSchema(data));
  }

  /** Every root field, each with these arguments, and every field of the nodes of these ids. */
  async askEverything(nodeIds: readonly string[], given: Record<string, string>): Promise<void> {
    const roots = Object.values(this.#schema.getQueryType()?.getFields() ?? {});
    for (const field of roots) {
      if (field.name === 'node' || catalogueFields.has(`Query.${field.name}`)) continue;
      const required = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
      const args = given[field.name];
      if (required.length > 0 && args === undefined) continue;
      const type = getNamedType(field.type);
      await this.#askFields(`${field.name}${args ?? argumentsOf(field)}`, type, field.name);
    }
    for (const id of nodeIds) {
      const { node } = await this.#client.gql('query ($id: ID!) { node(id: $id) { __typename } }', { id });
      const type = node && this.#schema.getType(node.__typename);
      if (type) await this.#askFields(`node(id: ${JSON.stringify(id)})`, type, `node ${node.__typename}`, type.name);
    }
  }

  /** Asks each field of the type by itself, since all together may be more than one answer may cost. */
  async #askFields(root: string, type: GraphQLNamedType, name: string, fragment?: string): Promise<void> {
    if (!isObjectType(type) && !isInterfaceType(type)) return;
    for (const field of Object.values(type.getFields())) {
      if (catalogueFields.has(`${type.name}.${field.name}`)) continue;
      for (const depth of DEPTHS) {
        const selection = this.#fieldOf(field, depth, [type.name]);
        if (selection === null) break;
        const inner = fragment ? `... on ${fragment} { ${selection} }` : selection;
        const answer = await this.#client.post(`{ ${root} { ${inner} } }`);
        const isTooMuch = answer.errors?.some(({ extensions }) => extensions.code === 'QUERY_TOO_COMPLEX');
        if (isTooMuch && depth > 1) continue;
        this.answers.set(`${name}.${field.name}`, JSON.stringify(answer));
        break;
      }
    }
  }

  /** Null: it needs arguments, or its type has nothing to select so deep. */
  #fieldOf(field: GraphQLField<unknown, unknown>, depth: number, path: readonly string[]): string | null {
    if (field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) return null;
    const type = getNamedType(field.type);
    const name = `${field.name}${argumentsOf(field)}`;
    if (isLeafType(type)) return name;
    const selection = depth > 0 ? this.selectionOf(type, depth - 1, path) : null;
    return selection === null ? null : `${name} ${selection}`;
  }

  /** All fields of a type, as deep as `depth`, without those that lead back to a type of the path. */
  selectionOf(type: GraphQLNamedType, depth: number, path: readonly string[] = []): string | null {
    if (path.includes(type.name)) return null;
    if (isAbstractType(type)) {
      const possible = this.#schema.getPossibleTypes(type);
      const ambiguous = ambiguousNames(possible.map((member) => Object.values(member.getFields())));
      const members = possible.flatMap((member) => {
        const selection = this.#membersOf(member, depth, [...path, type.name], ambiguous);
        return selection === '' ? [] : `... on ${member.name} { ${selection} }`;
      });
      return `{ __typename ${members.join(' ')} }`;
    }
    const selection = isObjectType(type) ? this.#membersOf(type, depth, path, new Set()) : '';
    return selection === '' ? null : `{ ${selection} }`;
  }

  #membersOf(type: GraphQLNamedType, depth: number, path: readonly string[], aliased: ReadonlySet<string>): string {
    if (!isObjectType(type) || path.includes(type.name)) return '';
    const fields = Object.values(type.getFields()).flatMap((field) => {
      if (catalogueFields.has(`${type.name}.${field.name}`)) return [];
      const selection = this.#fieldOf(field, depth, [...path, type.name]);
      const alias = aliased.has(field.name) ? `${type.name}_${field.name}: ` : '';
      return selection === null ? [] : alias + selection;
    });
    return fields.join(' ');
  }

  /** A subscription to a field, which selects all of its events. `@include` keeps it off the fast path. */
  subscriptionTo(name: string, args: string, depth: number, { slow = false } = {}): string {
    const field = this.#schema.getSubscriptionType()?.getFields()[name];
    if (!field) throw new Error(`There is no subscription ${name}.`);
    const selection = this.selectionOf(getNamedType(field.type), depth);
    return `subscription { ${name}${args} ${slow ? '@include(if: true)' : ''} ${selection} }`;
  }
}

/** The names of fields that have another type in another member of a union. */
function ambiguousNames(members: readonly GraphQLField<unknown, unknown>[][]): Set<string> {
  const types = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const { name, type } of members.flat()) {
    if ((types.get(name) ?? String(type)) !== String(type)) ambiguous.add(name);
    types.set(name, String(type));
  }
  return ambiguous;
}

function argumentsOf({ args }: GraphQLField<unknown, unknown>): string {
  const chosen = args.flatMap(({ name }) =>
    name === 'first' ? 'first: 5' : name === 'superseded' ? 'superseded: true' : [],
  );
  return chosen.length > 0 ? `(${chosen.join(', ')})` : '';
}
