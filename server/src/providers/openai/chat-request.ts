import type { CallOptions, ModelRequest, ModelTool, ReasoningEffort } from '../../ports/language-model.ts';
import type { ChatOptions } from '../../ports/provider.ts';
import { toChatMessages } from './chat-messages.ts';

/** `maxTokensParameter` is always known: OpenAI's newer models take only `max_completion_tokens`, most other endpoints only `max_tokens`. */
type KnownChatOptions = ChatOptions & Required<Pick<ChatOptions, 'maxTokensParameter'>>;

export interface ChatRequestOptions extends KnownChatOptions {
  /** A model's own options, by its name; they stand over the options here. Default: none has any. */
  optionsOf?: ((model: string) => ChatOptions | undefined) | undefined;
  /**
   * Ask for usage by `stream_options`. Off for endpoints that send it unasked or refuse the parameter (Perplexity,
   * Mistral). Default: true.
   */
  requestUsage?: boolean | undefined;
  /**
   * What to send along where a request wants visible reasoning: `{ reasoning: { enabled: true } }` at OpenRouter,
   * `{ enable_thinking: true }` at Alibaba. Default: nothing; most show it unasked or never.
   */
  reasoningParameters?: Readonly<Record<string, unknown>> | undefined;
  /** What to send along where the model may search the web. Default: nothing, and no search is counted. */
  searchParameters?: Readonly<Record<string, unknown>> | undefined;
}

/** The body of a request for a streamed chat completion. */
export function toChatParameters(request: ModelRequest, options: ChatRequestOptions) {
  const { requestUsage = true } = options;
  const { extraBody, systemRole = 'system', maxTokensParameter } = optionsOf(request.model, options);
  return {
    ...extraBody,
    model: request.model,
    messages: toChatMessages(request, systemRole),
    stream: true as const,
    [maxTokensParameter]: request.maxOutputTokens,
    ...(requestUsage && { stream_options: { include_usage: true } }),
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.topP !== undefined && { top_p: request.topP }),
    ...(request.options?.search && options.searchParameters),
    ...reasoningOf(request, { ...options, extraBody }),
    ...(request.options && calledWith(request.options)),
  };
}

/** The model's own options over its provider's. */
export function optionsOf(model: string, options: ChatRequestOptions): KnownChatOptions {
  const own = options.optionsOf?.(model);
  return own ? { ...options, ...own, extraBody: { ...options.extraBody, ...own.extraBody } } : options;
}

/** OpenRouter refuses a `reasoning` and a `reasoning_effort` beside each other, so there the effort goes into the one. */
function reasoningOf(
  { reasoning, options }: ModelRequest,
  { reasoningParameters, extraBody }: Pick<ChatRequestOptions, 'reasoningParameters' | 'extraBody'>,
): Readonly<Record<string, unknown>> | false | undefined {
  const effort = options?.effort;
  const shown = reasoning && effort !== 'none' && reasoningParameters;
  if (effort === undefined) return shown;
  const asked = shown && isObject(shown.reasoning) ? shown.reasoning : extraBody?.reasoning;
  return isObject(asked)
    ? { ...shown, reasoning: { ...asked, effort: toChatEffort(effort) } }
    : { ...shown, reasoning_effort: toChatEffort(effort) };
}

/** `max` as `xhigh`, which more models know. */
export function toChatEffort(effort: ReasoningEffort): Exclude<ReasoningEffort, 'max'> {
  return effort === 'max' ? 'xhigh' : effort;
}

/** What is said of calling tools is left out where there are none: OpenAI refuses it then. */
function calledWith({ tools = [], toolChoice, parallelToolCalls, stop = [], format }: CallOptions) {
  return {
    ...(tools.length > 0 && {
      tools: tools.map(toChatTool),
      ...(toolChoice !== undefined && { tool_choice: toChatToolChoice(toolChoice) }),
      ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
    }),
    ...(stop.length > 0 && { stop: [...stop] }),
    ...(format && { response_format: toResponseFormat(format) }),
  };
}

function toChatTool({ name, description, parameters, strict }: ModelTool) {
  return {
    type: 'function' as const,
    function: {
      name,
      ...(description !== null && { description }),
      parameters: parametersOf({ parameters, strict }),
      ...(strict !== undefined && { strict }),
    },
  };
}

/** Mistral and older llama.cpp refuse a function without parameters, OpenAI a strict one that is open to more. */
export function parametersOf({ parameters, strict }: Pick<ModelTool, 'parameters' | 'strict'>) {
  return { ...(parameters ?? { type: 'object', properties: {}, ...(strict && { additionalProperties: false }) }) };
}

function toChatToolChoice(choice: NonNullable<CallOptions['toolChoice']>) {
  return typeof choice === 'string' ? choice : { type: 'function' as const, function: { name: choice.name } };
}

function toResponseFormat(format: NonNullable<CallOptions['format']>) {
  if (format.type === 'json') return { type: 'json_object' as const };
  const { name, description, schema, strict } = format;
  return {
    type: 'json_schema' as const,
    json_schema: {
      name,
      ...(description !== null && { description }),
      schema,
      ...(strict !== undefined && { strict }),
    },
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
