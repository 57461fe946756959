import type {
  ResponseCreateParamsStreaming,
  ResponseFormatTextConfig,
  Tool,
} from 'openai/resources/responses/responses';
import type { CallOptions, ModelRequest, ModelTool } from '../../../ports/language-model.ts';
import { type ChatRequestOptions, isObject, optionsOf, parametersOf, toChatEffort } from '../chat-request.ts';
import { toResponseInput } from './response-input.ts';

/** What an endpoint's Responses API is like. */
export interface ResponsesDialect {
  /** The most searches of a request, by the model's name; 0: it does not search by this API. */
  searchesMax: (model: string) => number;
  /** Whether it is told the most searches (`max_tool_calls`), and a summary of thoughts is asked for. xAI takes neither. */
  takesLimits: boolean;
  /** Whether it bills the pages that it opens like searches, and none that failed (xAI). OpenAI bills searches alone. */
  billsPages: boolean;
}

/** The name of the search: a function of the same name stands for it. */
const searchName = 'web_search';

/** Whether the request is asked of the Responses API: only where the model may search by it. */
export function asksResponses({ model, options }: ModelRequest, dialect: ResponsesDialect | undefined): boolean {
  if (!options?.search || (dialect?.searchesMax(model) ?? 0) === 0) return false;
  return !options.tools?.some(({ name }) => name === searchName);
}

/**
 * The body of a request for a streamed response, of which the provider stores nothing. Texts at which the answer should
 * stop are left out: the API has no form for them.
 *
 * @throws {ModelFailure} INVALID_REQUEST: see `toResponseInput`
 */
export function toResponseParameters(
  request: ModelRequest,
  options: ChatRequestOptions,
  dialect: ResponsesDialect,
): ResponseCreateParamsStreaming {
  const { model, temperature, topP } = request;
  const { reasoning_effort, verbosity, ...extraBody } = optionsOf(model, options).extraBody ?? {};
  const instructions = instructionsOf(request);
  const reasoning = reasoningOf(request, dialect, { effort: reasoning_effort, ...asObject(extraBody.reasoning) });
  const text = textOf(request.options?.format, {
    ...asObject(extraBody.text),
    ...(verbosity !== undefined && { verbosity }),
  });
  return {
    ...extraBody,
    model,
    input: toResponseInput(request.messages),
    stream: true,
    store: false,
    max_output_tokens: request.maxOutputTokens,
    ...(instructions !== null && { instructions }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(thinks(model) && { include: ['reasoning.encrypted_content'] }),
    ...(reasoning && { reasoning }),
    ...(text && { text }),
    ...toolsOf(request, dialect),
  };
}

/** Whether the model has thoughts to give back: OpenAI refuses to encrypt those of one that has none. */
function thinks(model: string): boolean {
  return !/^(?:chat)?gpt-[34]|non-reasoning/.test(model);
}

/** The search is refused beside an answer of any JSON, which is asked for in words. */
function instructionsOf({ system, options }: ModelRequest): string | null {
  if (options?.format?.type !== 'json') return system;
  return system === null ? ONLY_JSON : `${system}\n\n${ONLY_JSON}`;
}

const ONLY_JSON = 'Answer with one JSON object and nothing else.';

/** Nobody searches with the effort `minimal`: GPT-5 refuses it. */
function reasoningOf(
  { reasoning, options }: ModelRequest,
  { takesLimits }: ResponsesDialect,
  given: Record<string, unknown>,
): ResponseCreateParamsStreaming['reasoning'] | undefined {
  const asked = options?.effort === undefined ? given.effort : toChatEffort(options.effort);
  const effort = asked === 'minimal' ? 'low' : asked;
  const isShown = reasoning && effort !== 'none' && takesLimits;
  const whole = { ...given, ...(isShown && { summary: 'auto' }), effort };
  return Object.values(whole).some((value) => value !== undefined)
    ? (whole as ResponseCreateParamsStreaming['reasoning'])
    : undefined;
}

function textOf(
  format: CallOptions['format'],
  given: Record<string, unknown>,
): ResponseCreateParamsStreaming['text'] | undefined {
  const text = { ...given, ...(format?.type === 'schema' && { format: toFormat(format) }) };
  return Object.keys(text).length > 0 ? text : undefined;
}

function toFormat({
  name,
  description,
  schema,
  strict,
}: Extract<CallOptions['format'], { type: 'schema' }>): ResponseFormatTextConfig {
  return {
    type: 'json_schema',
    name,
    schema: { ...schema },
    ...(description !== null && { description }),
    ...(strict !== undefined && { strict }),
  };
}

/** The SDK's type lacks the limit. */
type ToolParameters = Pick<ResponseCreateParamsStreaming, 'tools' | 'tool_choice' | 'parallel_tool_calls'> & {
  max_tool_calls?: number;
};

/** A model that must call a function is not offered the search, which would do for it. */
function toolsOf(
  { model, options = {} }: ModelRequest,
  { searchesMax, takesLimits }: ResponsesDialect,
): ToolParameters {
  const { tools = [], toolChoice: choice, parallelToolCalls } = options;
  const mustCall = tools.length > 0 && (choice === 'required' || typeof choice === 'object');
  return {
    tools: [...tools.map(toTool), ...(mustCall ? [] : [{ type: searchName } as const])],
    ...(choice !== undefined && tools.length > 0 && { tool_choice: toChoice(choice) }),
    ...(parallelToolCalls !== undefined && tools.length > 0 && { parallel_tool_calls: parallelToolCalls }),
    ...(takesLimits && !mustCall && { max_tool_calls: searchesMax(model) }),
  };
}

/** Unlike chat completions, the API makes a function strict that does not say whether it is. */
function toTool({ name, description, parameters, strict = false }: ModelTool): Tool {
  return {
    type: 'function',
    name,
    ...(description !== null && { description }),
    parameters: parametersOf({ parameters, strict }),
    strict,
  };
}

function toChoice(choice: NonNullable<CallOptions['toolChoice']>): ResponseCreateParamsStreaming['tool_choice'] {
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.name };
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
