import type { CallOptions, ModelTool } from '../../ports/language-model.ts';
import { type HouseTools, houseToolId, houseToolRefusals } from '../calls/house-tools.ts';
import type { BodyFields } from './body-fields.ts';

/**
 * The tools of this server that the model may use: those that are listed, and the one that the choice names. Null: none.
 *
 * @throws CallError; a request has tools of this server, or tools of its own
 */
export function readHouseTools(body: BodyFields): HouseTools | null {
  return readHouseToolsOf(
    body,
    (body.objects('tools') ?? []).map((tool) => tool.object('function') ?? tool),
  );
}

/**
 * As `readHouseTools`, of either protocol.
 *
 * @param described what has the name of each tool
 */
export function readHouseToolsOf(body: BodyFields, described: readonly BodyFields[]): HouseTools | null {
  const ids = described.flatMap((tool) => houseToolId(tool.value('name')) ?? []);
  const chosen = chosenHouseTool(body);
  if (ids.length === 0 && chosen === null) return null;
  if (ids.length < described.length) throw body.refusal('tools', houseToolRefusals.mixed);
  for (const tool of described) {
    for (const field of ['description', 'parameters']) {
      if (tool.has(field)) throw tool.refusal(field, houseToolRefusals.described);
    }
  }
  if (chosen !== null) return { toolIds: [...ids, chosen], firstCall: { toolId: chosen } };
  const choice = body.value('tool_choice') ?? 'auto';
  if (choice !== 'auto' && choice !== 'required') throw body.refusal('tool_choice', houseToolRefusals.choice);
  return { toolIds: ids, firstCall: choice === 'required' ? 'ANY' : null };
}

/** The tool of this server that the model has to call, by the choice of either protocol. */
function chosenHouseTool(body: BodyFields): string | null {
  const choice = body.value('tool_choice');
  if (typeof choice !== 'object' || choice === null) return null;
  const chosen = body.requiredObject('tool_choice');
  if (chosen.value('type') !== 'function') return null;
  return houseToolId((chosen.object('function') ?? chosen).value('name'));
}

/** What a request says of the functions that the model may call. @throws CallError */
export function readTools(body: BodyFields): Pick<CallOptions, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  const names = new Set<string>();
  const tools = (body.objects('tools') ?? []).map((tool) => readTool(tool, names));
  return {
    tools,
    toolChoice: readToolChoice(body, names),
    parallelToolCalls: body.flag('parallel_tool_calls') ?? undefined,
  };
}

function readTool(tool: BodyFields, names: Set<string>): ModelTool {
  if (tool.requiredText('type') !== 'function') {
    throw tool.refusal('type', 'must be function: this server knows no other tools');
  }
  const described = tool.requiredObject('function');
  const name = described.requiredText('name');
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw described.refusal('name', 'must have 1 to 64 letters of a-z and A-Z, digits, underscores and dashes');
  }
  if (names.has(name)) throw described.refusal('name', 'is that of another tool too');
  names.add(name);
  return {
    name,
    description: described.text('description'),
    parameters: described.schema('parameters'),
    strict: described.flag('strict') ?? undefined,
  };
}

function readToolChoice(body: BodyFields, names: ReadonlySet<string>): CallOptions['toolChoice'] {
  const field = 'tool_choice';
  if (!body.has(field)) return undefined;
  const isName = typeof body.value(field) === 'object';
  const choice = isName ? { name: readChosenName(body.requiredObject(field)) } : readChosenWord(body, field);
  const isForced = choice !== 'auto' && choice !== 'none';
  if (names.size === 0 && !isForced) return undefined;
  if (names.size === 0) throw body.refusal(field, 'asks for a call, but there are no tools');
  if (typeof choice === 'object' && !names.has(choice.name)) {
    throw body.refusal(`${field}.function.name`, 'names none of the tools');
  }
  return choice;
}

function readChosenWord(body: BodyFields, field: string): 'auto' | 'none' | 'required' {
  return body.word(field, ['auto', 'none', 'required']) ?? 'auto';
}

function readChosenName(choice: BodyFields): string {
  const type = choice.requiredText('type');
  if (type !== 'function') {
    throw choice.refusal('type', 'must be function: send only the tools that are allowed, and no allowed_tools');
  }
  return choice.requiredObject('function').requiredText('name');
}
