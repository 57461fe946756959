import type { Response, Tool } from 'openai/resources/responses/responses';
import type { CallOptions, ModelTool } from '../../../ports/language-model.ts';
import { type HouseTools, houseToolName } from '../../calls/house-tools.ts';
import type { BodyFields } from '../body-fields.ts';
import { readHouseToolsOf } from '../chat-tools.ts';
import { joinedName, requireToolName } from './tool-names.ts';

/** A tool as the client knows it. */
export interface CalledTool {
  /** A `custom` tool takes a text; the model is given a function that takes it as `input`. */
  type: 'function' | 'custom';
  name: string;
  /** Null: the tool is in none. */
  namespace: string | null;
}

export interface ResponseTools {
  options: Pick<CallOptions, 'tools' | 'toolChoice' | 'parallelToolCalls'>;
  /** By the names that the model is given. */
  called: ReadonlyMap<string, CalledTool>;
  /** The tools of this server that the model may use; then there are no others. */
  house: HouseTools | null;
  /** What the answer repeats of the tools that are in force, and of the choice. */
  echo: Pick<Response, 'tools' | 'tool_choice' | 'parallel_tool_calls'>;
}

/**
 * Tools that OpenAI's own servers run, or search, when a model wants that. Codex sends them unasked, and its models do
 * without. So they are left out, and the answer does not have them among its `tools`.
 */
const ignoredTypes = /^(?:web_search|web_search_preview|image_generation|tool_search)(?:_\d{4}_\d{2}_\d{2})?$/;

/**
 * Reads `tools`, `tool_choice` and `parallel_tool_calls`. Other built-in tools are refused: without them the answer
 * would be another one (`file_search`, `mcp`, `code_interpreter`, …), or no call of the client's would ever come
 * (`shell`, `computer`, …).
 *
 * @throws CallError
 */
export function readTools(body: BodyFields): ResponseTools {
  const given = (body.objects('tools') ?? []).filter((tool) => !ignoredTypes.test(tool.requiredText('type')));
  const house = readHouseToolsOf(body, given);
  if (house) return houseTools(house, given);
  const reader = new ToolReader();
  const shown = given.map((tool) => reader.take(tool));
  const { tools, called } = reader;
  const { choice, allowed } = readChoice(body, called);
  const parallelToolCalls = body.flag('parallel_tool_calls') ?? undefined;
  return {
    options: {
      tools: allowed ? tools.filter(({ name }) => allowed.has(name)) : tools,
      toolChoice: choice,
      parallelToolCalls,
    },
    called,
    house: null,
    echo: {
      tools: shown,
      tool_choice: toEcho(choice, called),
      parallel_tool_calls: parallelToolCalls ?? true,
    },
  };
}

/** This server calls its tools itself, as many at once as the model likes. */
function houseTools(house: HouseTools, given: readonly BodyFields[]): ResponseTools {
  const tools = given.map((tool): Tool => {
    if (tool.value('type') !== 'function') throw tool.refusal('type', 'must be function for a tool of this server');
    return { type: 'function', name: tool.requiredText('name'), parameters: null, strict: null };
  });
  const echo = { tools, tool_choice: houseChoice(house), parallel_tool_calls: true };
  return { options: {}, called: new Map(), house, echo };
}

function houseChoice({ firstCall }: HouseTools): Response['tool_choice'] {
  if (firstCall === null) return 'auto';
  return firstCall === 'ANY' ? 'required' : { type: 'function', name: houseToolName(firstCall.toolId) };
}

class ToolReader {
  readonly tools: ModelTool[] = [];
  readonly called = new Map<string, CalledTool>();

  /** @returns the tool as the answer repeats it; none: it is ignored */
  take(tool: BodyFields): Tool {
    const type = tool.requiredText('type');
    if (type === 'function' || type === 'custom') return this.#takeTool(tool, type, null);
    if (type === 'namespace') return this.#takeNamespace(tool);
    throw tool.refusal('type', 'must be function, custom or namespace: this server has no other tools for a model');
  }

  #takeNamespace(namespace: BodyFields): Tool {
    const name = namespace.requiredText('name');
    const tools = (namespace.objects('tools') ?? []).map((tool) => {
      const type = tool.word('type', ['function', 'custom']);
      if (type === null) throw tool.refusal('type', 'is missing');
      return this.#takeTool(tool, type, name);
    });
    return { type: 'namespace', name, description: namespace.text('description') ?? '', tools };
  }

  #takeTool(tool: BodyFields, type: CalledTool['type'], namespace: string | null) {
    const name = requireToolName(tool, 'name');
    const given = joinedName(namespace, name);
    if (this.called.has(given)) throw tool.refusal('name', 'is that of another tool too');
    this.called.set(given, { type, name, namespace });
    return type === 'function' ? this.#takeFunction(tool, given, name) : this.#takeCustom(tool, given, name);
  }

  #takeFunction(tool: BodyFields, given: string, name: string) {
    const description = tool.text('description');
    const parameters = tool.schema('parameters');
    const strict = tool.flag('strict');
    this.tools.push({ name: given, description, parameters, strict: strict ?? undefined });
    return { type: 'function' as const, name, description, parameters: parameters && { ...parameters }, strict };
  }

  #takeCustom(tool: BodyFields, given: string, name: string) {
    const description = tool.text('description');
    const format = readFormat(tool);
    const form =
      format?.type === 'grammar' ? `The input must fit this ${format.syntax} grammar:\n${format.definition}` : '';
    this.tools.push({
      name: given,
      description: [description, form].filter(Boolean).join('\n\n') || null,
      parameters: {
        type: 'object',
        properties: { [INPUT]: { type: 'string', description: 'All that the tool is given, as it is.' } },
        required: [INPUT],
        additionalProperties: false,
      },
    });
    return { type: 'custom' as const, name, ...(description !== null && { description }), ...(format && { format }) };
  }
}

const INPUT = 'input';

/** The input of a custom tool as a function takes it. */
export function toArguments(input: string): string {
  return JSON.stringify({ [INPUT]: input });
}

/** The input of a custom tool; what a model wrote in place of it, if it wrote no such arguments. */
export function inputOf(json: string): string {
  try {
    const given: unknown = JSON.parse(json);
    const input = (given as Record<string, unknown> | null)?.[INPUT];
    return typeof input === 'string' ? input : json;
  } catch {
    return json;
  }
}

function readFormat(tool: BodyFields) {
  const format = tool.object('format');
  const type = format?.word('type', ['text', 'grammar']) ?? null;
  if (!format || type === null) return null;
  if (type === 'text') return { type };
  const syntax = format.word('syntax', ['lark', 'regex']);
  if (syntax === null) throw format.refusal('syntax', 'is missing');
  return { type, syntax, definition: format.requiredText('definition') };
}

type Choice = CallOptions['toolChoice'];

function readChoice(
  body: BodyFields,
  called: ReadonlyMap<string, CalledTool>,
): { choice: Choice; allowed: ReadonlySet<string> | null } {
  const field = 'tool_choice';
  if (!body.has(field)) return { choice: undefined, allowed: null };
  if (typeof body.value(field) !== 'object') {
    const choice = body.word(field, ['auto', 'none', 'required']) ?? undefined;
    if (choice === 'required' && called.size === 0) throw noTools(body, field);
    return { choice, allowed: null };
  }
  const chosen = body.requiredObject(field);
  const type = chosen.word('type', ['function', 'custom', 'allowed_tools']);
  if (type === null) throw chosen.refusal('type', 'is missing');
  const names = namesOf(called);
  if (type !== 'allowed_tools') return { choice: { name: findTool(chosen, names) }, allowed: null };
  const allowed = new Set((chosen.objects('tools') ?? []).map((tool) => findTool(tool, names)));
  const mode = chosen.word('mode', ['auto', 'required']) ?? 'auto';
  if (mode === 'required' && allowed.size === 0) throw noTools(chosen, 'tools');
  return { choice: mode, allowed };
}

function noTools(fields: BodyFields, name: string) {
  return fields.refusal(name, 'asks for a call, but there are no tools that a model can be given');
}

/** The names that the model is given, by what a choice says of a tool. */
function namesOf(called: ReadonlyMap<string, CalledTool>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [given, { type, name, namespace }] of called) {
    const bare = keyOf(type, name, null);
    if (namespace === null || !names.has(bare)) names.set(bare, given);
    names.set(keyOf(type, name, namespace), given);
  }
  return names;
}

function keyOf(type: CalledTool['type'] | null, name: string, namespace: string | null): string {
  return JSON.stringify([type, name, namespace]);
}

function findTool(choice: BodyFields, names: ReadonlyMap<string, string>): string {
  const type = choice.word('type', ['function', 'custom']);
  const given = names.get(keyOf(type, choice.requiredText('name'), choice.text('namespace')));
  if (given !== undefined) return given;
  throw choice.refusal('name', 'names none of the tools');
}

function toEcho(choice: Choice, called: ReadonlyMap<string, CalledTool>): Response['tool_choice'] {
  if (choice === undefined) return 'auto';
  if (typeof choice === 'string') return choice;
  const { type, name } = called.get(choice.name) as CalledTool;
  return { type, name };
}
