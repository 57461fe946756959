import type Anthropic from '@anthropic-ai/sdk';
import type { AnswerFormat, CallOptions, ModelRequest, ModelTool } from '../../ports/language-model.ts';
import { toMessages } from './content.ts';
import { traitsOf } from './model-traits.ts';
import { toOutputSchema } from './output-schema.ts';
import { type MessageDialect, planThinking } from './thinking.ts';

/**
 * The body of a request. The API has no form for an answer that is any JSON, so that this format is left out.
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
  return {
    model: request.model,
    messages: toMessages(request.messages),
    max_tokens: request.maxOutputTokens,
    stream: true,
    ...(request.system !== null && { system: request.system }),
    ...(thinking && { thinking }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...((effort || format) && { output_config: { ...(effort && { effort }), ...(format && { format }) } }),
    ...(request.options && toToolParameters(request.options, request.model, dialect)),
    ...(request.options?.stop?.length && { stop_sequences: [...request.options.stop] }),
  };
}

function toOutputFormat(format: AnswerFormat | undefined): Anthropic.JSONOutputFormat | undefined {
  return format?.type === 'schema' ? { type: 'json_schema', schema: toOutputSchema(format.schema) } : undefined;
}

function toToolParameters(
  { tools = [], toolChoice, parallelToolCalls }: CallOptions,
  model: string,
  dialect: MessageDialect,
): Pick<Anthropic.MessageCreateParams, 'tools' | 'tool_choice'> {
  if (tools.length === 0) return {};
  const choice = toToolChoice(toolChoice, parallelToolCalls === false, traitsOf(model).forcedToolUse);
  return { tools: tools.map((tool) => toTool(tool, dialect)), ...(choice && { tool_choice: choice }) };
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
