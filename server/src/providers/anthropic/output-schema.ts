type Schema = Readonly<Record<string, unknown>>;

/** Keywords that the API refuses where it promises that a schema is met. */
const refused: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);
/** Keywords whose values are schemas by name. */
const named: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
/** Keywords whose values are a schema, or a list of schemas. */
const nested: ReadonlySet<string> = new Set(['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf']);

/**
 * A schema as the API takes it where it promises that the schema is met: objects have the properties that are named and
 * no others, and limits that it cannot promise are left out.
 */
export function toOutputSchema(schema: Schema): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (refused.has(keyword) || (keyword === 'minItems' && Number(value) > 1)) continue;
    if (named.has(keyword) && isSchema(value)) {
      output[keyword] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, nestedSchema(one)]));
    } else if (nested.has(keyword)) {
      output[keyword === 'oneOf' ? 'anyOf' : keyword] = Array.isArray(value)
        ? value.map(nestedSchema)
        : nestedSchema(value);
    } else {
      output[keyword] = value;
    }
  }
  const isObject = output.type === 'object' || (Array.isArray(output.type) && output.type.includes('object'));
  if (isObject && output.additionalProperties === undefined) output.additionalProperties = false;
  return output;
}

function nestedSchema(value: unknown): unknown {
  return isSchema(value) ? toOutputSchema(value) : value;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
