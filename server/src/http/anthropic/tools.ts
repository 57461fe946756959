import { isDeepStrictEqual } from 'node:util';
import type { CallOptions, ModelTool } from '../../ports/language-model.ts';
import { type HouseTools, houseToolId, houseToolRefusals } from '../calls/house-tools.ts';
import type { Field } from './field.ts';

type ToolOptions = Pick<CallOptions, 'tools' | 'toolChoice' | 'parallelToolCalls'>;

/** As Anthropic has it. */
const toolName = /^[a-zA-Z0-9_-]{1,128}$/;
const choices = ['auto', 'any', 'tool', 'none'] as const;

/**
 * The tools of this server that the model may use: those that are listed, and the one that the choice names. Null: none.
 * Anthropic's SDK sends a schema with each tool: one that says nothing is taken.
 *
 * @throws CallError; a request has tools of this server, or tools of its own
 */
export function readHouseTools(request: Field): HouseTools | null {
  const tools = request.member('tools').optional((list) => list.list()) ?? [];
  const ids = tools.flatMap((tool) => houseToolId(tool.member('name').value) ?? []);
  const choice = request.member('tool_choice');
  const type = choice.isAbsent ? 'auto' : choice.member('type').value;
  const chosen = type === 'tool' ? houseToolId(choice.member('name').value) : null;
  if (ids.length === 0 && chosen === null) return null;
  if (ids.length < tools.length) throw request.member('tools').refuse(`They ${houseToolRefusals.mixed}.`);
  for (const tool of tools) {
    const type = tool.member('type');
    if (!type.isAbsent && type.value !== 'custom') throw type.refuse('It must be custom for a tool of this server.');
    const schema = tool.member('input_schema');
    const saysNothing = schema.optional((field) => isDeepStrictEqual(field.object(), { type: 'object' })) ?? true;
    for (const field of [tool.member('description'), ...(saysNothing ? [] : [schema])]) {
      if (!field.isAbsent) throw field.refuse(`It ${houseToolRefusals.described}.`);
    }
  }
  if (chosen !== null) return { toolIds: [...ids, chosen], firstCall: { toolId: chosen } };
  if (type !== 'auto' && type !== 'any') throw choice.refuse(`It ${houseToolRefusals.choice}.`);
  return { toolIds: ids, firstCall: type === 'any' ? 'ANY' : null };
}

/**
 * The tools of a request, and which of them may be called. A tool that Anthropic's servers would run, or that only
 * Anthropic's models know without a schema, is refused: without it the answer would be another one.
 *
 * @throws CallError
 */
export function readTools(request: Field): ToolOptions {
  const tools = request.member('tools').optional(readList) ?? [];
  const choice = request.member('tool_choice').optional((field) => readChoice(field, tools)) ?? {};
  return tools.length > 0 ? { tools, ...choice } : {};
}

function readList(list: Field): ModelTool[] {
  const names = new Set<string>();
  return list.list().map((field) => {
    const tool = readTool(field);
    if (names.has(tool.name)) throw field.member('name').refuse('Another tool has this name.');
    names.add(tool.name);
    return tool;
  });
}

function readTool(tool: Field): ModelTool {
  const type = tool.member('type');
  if (!type.isAbsent && type.value !== 'custom') {
    throw type.refuse(
      `Tools of the type "${type.text().slice(0, 100)}" are Anthropic’s own, and not to be had here: only tools with an input_schema are.`,
    );
  }
  const name = tool.member('name');
  if (!toolName.test(name.text())) throw name.refuse('It must have 1 to 128 letters, digits, _ or -.');
  const schema = tool.member('input_schema');
  schema.member('type').oneOf(['object']);
  const strict = tool.member('strict').optional((field) => field.flag());
  return {
    name: name.text(),
    description: tool.member('description').optional((field) => field.text()) ?? null,
    parameters: schema.json(),
    ...(strict !== undefined && { strict }),
  };
}

function readChoice(choice: Field, tools: readonly ModelTool[]): Omit<ToolOptions, 'tools'> {
  const type = choice.member('type').oneOf(choices);
  const isSingle = choice.member('disable_parallel_tool_use').optional((field) => field.flag());
  return {
    toolChoice: type === 'tool' ? readNamed(choice.member('name'), tools) : type === 'any' ? 'required' : type,
    ...(isSingle !== undefined && { parallelToolCalls: !isSingle }),
  };
}

function readNamed(field: Field, tools: readonly ModelTool[]): { name: string } {
  const name = field.text();
  if (tools.every((tool) => tool.name !== name)) throw field.refuse('None of the tools has this name.');
  return { name };
}
