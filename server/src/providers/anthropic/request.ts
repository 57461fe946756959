import type Anthropic from '@anthropic-ai/sdk';
import type { AnswerFormat, CallOptions, ModelRequest, ModelTool } from '../../ports/language-model.ts';
import { toMessages } from './content.ts';
import { traitsOf } from './model-traits.ts';
import { toOutputSchema } from './output-schema.ts';
import { type MessageDialect, planThinking } from './thinking.ts';

/**
 * The body of a request. A format that the API has no form for is asked for in words.
 *
 * @throws {ModelFailure} INVALID_REQUEST: see `toMessages`
 */
export function toMessageParameters(
  request: ModelRequest,
  dialect: MessageDialect,
): Anthropic.MessageCreateParamsStreaming {
  const { temperature, topP } = dialect.legacyVersion ? request : {};
  const { thinking, effort } = planThinking(request, dialect);
  const format = dialect.legacyVersion ? undefined : toOutputFormat(request.options?.format);
  const system = systemOf(request, dialect);
  return {
    model: request.model,
    messages: toMessages(request.messages),
    max_tokens: request.maxOutputTokens,
    stream: true,
    ...(system !== null && { system }),
    ...(thinking && { thinking }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...((effort || format) && { output_config: { ...(effort && { effort }), ...(format && { format }) } }),
    ...(request.options && toToolParameters(request.options, request.model, dialect)),
    ...(request.options?.stop?.length && { stop_sequences: [...request.options.stop] }),
  };
}

/** The system prompt; it asks for an answer of any JSON, and at the old version for one that fits a schema too. */
function systemOf({ system, options }: ModelRequest, { legacyVersion }: MessageDialect): string | null {
  const format = options?.format;
  if (!format || (format.type === 'schema' && !legacyVersion)) return system;
  const asked = format.type === 'json' ? ONLY_JSON : `${ONLY_JSON} ${FITTING}\n${JSON.stringify(format.schema)}`;
  return system === null ? asked : `${system}\n\n${asked}`;
}

const ONLY_JSON = 'Answer with one JSON object and nothing else.';
const FITTING = 'It must fit this JSON schema:';

function toOutputFormat(format: AnswerFormat | undefined): Anthropic.JSONOutputFormat | undefined {
  return format?.type === 'schema' ? { type: 'json_schema', schema: toOutputSchema(format.schema) } : undefined;
}

function toToolParameters(
  { tools = [], toolChoice, parallelToolCalls, search }: CallOptions,
  model: string,
  dialect: MessageDialect,
): Pick<Anthropic.MessageCreateParams, 'tools' | 'tool_choice'> {
  // A function of the same name stands for it: names are unique.
  const isFree = !tools.some(({ name }) => name === searchName);
  const searches = search && isFree && !dialect.legacyVersion ? toSearch(dialect.searchesMax?.(model) ?? 0) : [];
  if (tools.length === 0) return searches.length > 0 ? { tools: searches } : {};
  const choice = toToolChoice(toolChoice, parallelToolCalls === false, traitsOf(model).forcedToolUse);
  return {
    tools: [...tools.map((tool) => toTool(tool, dialect)), ...searches],
    ...(choice && { tool_choice: choice }),
  };
}

const searchName = 'web_search';

function toSearch(usesMax: number): Anthropic.WebSearchTool20250305[] {
  return usesMax > 0 ? [{ type: 'web_search_20250305', name: searchName, max_uses: usesMax }] : [];
}

function toTool({ name, description, parameters, strict }: ModelTool, { legacyVersion }: MessageDialect) {
  const isStrict = strict === true && !legacyVersion;
  const schema = { type: 'object' as const, properties: {}, ...parameters };
  return {
    name,
    ...(description !== null && { description }),
    input_schema: (isStrict ? toOutputSchema(schema) : schema) as Anthropic.Tool.InputSchema,
    ...(isStrict && { strict: true }),
  };
}

/** A model that cannot be made to call a tool is let choose. */
function toToolChoice(
  choice: CallOptions['toolChoice'],
  isSingle: boolean,
  canForce: boolean,
): Anthropic.ToolChoice | undefined {
  const single = isSingle ? { disable_parallel_tool_use: true } : {};
  if (choice === 'none') return { type: 'none' };
  if (choice === 'required' && canForce) return { type: 'any', ...single };
  if (typeof choice === 'object' && canForce) return { type: 'tool', name: choice.name, ...single };
  return choice !== undefined || isSingle ? { type: 'auto', ...single } : undefined;
}
