import type { Tool as ServerTool } from '@modelcontextprotocol/sdk/types.js';
import { toStorable, withoutUnseen } from '../../domain/ground/storable-text.ts';
import { LISTED_TOOLS_MAX, type ListedTool } from '../../ports/tool-server.ts';

const NAME_LENGTH_MAX = 128;
const TITLE_LENGTH_MAX = 200;
/** UTF-16 code units: an admin reads a description in full, and a model in every request. */
const DESCRIPTION_LENGTH_MAX = 20_000;
const PARAMETERS_LENGTH_MAX = 60_000;
/** What JSON can say and the database cannot keep: NUL and lone surrogates. */
const unstorable = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;
/** How deep a schema is nested. */
const DEPTH_MAX = 40;

export interface ToolList {
  tools: ListedTool[];
  /** Why some of the tools were left out; null: none were. */
  problem: string | null;
}

/** The tools of a server's list that can be used, ordered by name. */
export function readToolList(listed: readonly ServerTool[]): ToolList {
  const tools = new Map<string, ListedTool>();
  let [unusable, leftOver] = [0, 0];
  for (const one of listed) {
    const tool = toListed(one);
    if (tool === null) unusable += 1;
    else if (tools.size >= LISTED_TOOLS_MAX) leftOver += 1;
    // A name that comes twice would let a server say one thing to the admin and another to the model.
    else if (!tools.has(tool.name)) tools.set(tool.name, tool);
  }
  const problems = [
    unusable > 0 &&
      `Tools with a name, a description or parameters that are too long or cannot be kept were left out: ${unusable}.`,
    leftOver > 0 && `Only ${LISTED_TOOLS_MAX} tools are looked at; the server has more.`,
  ].filter((problem) => problem !== false);
  return {
    tools: [...tools.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
    problem: problems.length > 0 ? problems.join(' ') : null,
  };
}

function toListed({ name, title, description = '', inputSchema, annotations }: ServerTool): ListedTool | null {
  if (isTooDeep(inputSchema, DEPTH_MAX)) return null;
  const schema = JSON.stringify(inputSchema);
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > NAME_LENGTH_MAX) return null;
  if (description.length > DESCRIPTION_LENGTH_MAX) return null;
  if (schema.length > PARAMETERS_LENGTH_MAX || unstorable.test(schema)) return null;
  const shown = (title ?? annotations?.title ?? '').trim().slice(0, TITLE_LENGTH_MAX);
  return {
    name,
    title: shown === '' ? null : readable(shown),
    description: readable(description),
    parameters: JSON.parse(withoutUnseen(schema), (_name, value) =>
      typeof value === 'string' ? withoutUnseen(value) : value,
    ),
    isReadOnly: annotations?.readOnlyHint === true,
  };
}

/** As an admin sees it: models are told nothing that nobody has read. */
function readable(text: string): string {
  return withoutUnseen(toStorable(text));
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((within) => isTooDeep(within, depth - 1));
}
