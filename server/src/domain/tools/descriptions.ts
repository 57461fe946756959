import { createHash } from 'node:crypto';
import type { StoredDescription } from '../../database/tools/tool-settings.ts';
import type { ListedTool } from '../../ports/tool-server.ts';

/** How a tool's server describes it, which counts for models once an admin has accepted it. */
export type Description = StoredDescription;

export function descriptionOf({ title, description, parameters, isReadOnly }: ListedTool): Description {
  return { title, description, parameters, isReadOnly };
}

const digests = new WeakMap<Description, string>();

/** Names a description by all that it says, whatever the order of the fields in its parameters. */
export function digestOf(description: Description): string {
  const known = digests.get(description);
  if (known !== undefined) return known;
  const { title, description: text, parameters, isReadOnly } = description;
  const words = JSON.stringify([title, text, ordered(parameters), isReadOnly]);
  const digest = createHash('sha256').update(words).digest('base64url').slice(0, 22);
  digests.set(description, digest);
  return digest;
}

export function isSame(one: Description | null, other: Description | null): boolean {
  if (one === null || other === null) return one === other;
  return digestOf(one) === digestOf(other);
}

/** The value with the fields of all objects in one order: the database keeps them in an order of its own. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return fields.map(([name, within]) => [name, ordered(within)]);
}

/** The parameters for people: a JSON schema in lines, with its fields in one order. Null: the tool takes nothing. */
export function parametersInLines({ parameters }: Description): string | null {
  return parameters && JSON.stringify(parameters, (_field, value) => withSortedFields(value), 2);
}

function withSortedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

export interface NamedTool {
  id: string;
  /** The name of its server for people. */
  server: string;
  /** The server's name for it. */
  name: string;
}

/** What models may call a tool. */
const NAME_LENGTH_MAX = 64;

/**
 * The names by which models call the tools, by id: `github_create_issue`. A name that would be too long, or another tool's
 * too, ends with a few characters of the id's hash; so does one that ends as if it were such a name.
 *
 * @param taken names that other tools have already
 */
export function modelNames(tools: readonly NamedTool[], taken: Iterable<string> = []): Map<string, string> {
  const plain = tools.map((tool) => `${wordOf(tool.server)}_${wordOf(tool.name)}`.replace(/^_+|_+$/g, '') || 'tool');
  const counts = new Map<string, number>();
  for (const name of [...plain, ...taken]) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return new Map(
    tools.map(({ id }, index): [string, string] => {
      const name = plain[index] as string;
      const isAlone = counts.get(name.toLowerCase()) === 1 && !/_[0-9a-f]{12}$/i.test(name);
      if (name.length <= NAME_LENGTH_MAX && isAlone) return [id, name];
      const hash = createHash('sha256').update(id).digest('hex').slice(0, 12);
      return [id, `${name.slice(0, NAME_LENGTH_MAX - hash.length - 1)}_${hash}`];
    }),
  );
}

function wordOf(name: string): string {
  return name.replace(/[^A-Za-z0-9-]+/g, '_').replace(/^_+|_+$/g, '');
}

/** The name of a tool for people, if it has no title: `create_issue` is `Create issue`. */
export function nameInWords(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_\-./]+/g, ' ')
    .trim()
    .toLowerCase();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}
