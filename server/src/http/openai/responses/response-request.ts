import type { Response, ResponseFormatTextConfig } from 'openai/resources/responses/responses';
import type { CallInput } from '../../../domain/asking/calls.ts';
import type { AnswerFormat, ReasoningEffort } from '../../../ports/language-model.ts';
import type { HouseTools } from '../../calls/house-tools.ts';
import { BodyFields } from '../body-fields.ts';
import { readConversation } from './input-items.ts';
import { type CalledTool, readTools } from './response-tools.ts';

/** A response as it is asked for. */
export interface ResponseRequest {
  /** The model as the client names it. */
  model: string;
  input: Omit<CallInput, 'modelId'>;
  isStreamed: boolean;
  /** Whether it is to become a turn of a conversation; unlike OpenAI's, only if the body says so. */
  isStored: boolean;
  /** The tools of this server that the model may use. */
  house: HouseTools | null;
  /** The tools that the model may call, by the names that it is given. */
  called: ReadonlyMap<string, CalledTool>;
  /** Whether the answer is to carry what gives the model its thoughts back. */
  givesThoughts: boolean;
  echo: ResponseEcho;
}

/** What the answer repeats of its request. */
export type ResponseEcho = Pick<
  Response,
  | 'instructions'
  | 'max_output_tokens'
  | 'metadata'
  | 'parallel_tool_calls'
  | 'reasoning'
  | 'temperature'
  | 'text'
  | 'tool_choice'
  | 'tools'
  | 'top_p'
> & { store: boolean; prompt_cache_key?: string; safety_identifier?: string; user?: string };

/**
 * Reads the body of a request for a response.
 *
 * Fields that are heeded are named below and in the files beside. Refused are those without which the client would take
 * the answer for another thing than it is (`refused`). All others are ignored, as unknown ones are: `truncation` (an
 * input that is too long is refused), `text.verbosity`, which few models know; `service_tier`, `prompt_cache_key`,
 * `user` and their like, which are for the provider's own accounts; `max_tool_calls` and all of `include` that is about
 * built-in tools.
 *
 * @throws CallError that names the field
 */
export function readResponseRequest(given: Readonly<Record<string, unknown>>): ResponseRequest {
  const body = new BodyFields(given);
  const model = body.requiredText('model');
  refuseUnsupported(body);
  const givesThoughts = readInclude(body);
  const { options, called, house, echo } = readTools(body);
  const reasoning = readReasoning(body);
  const { format, echo: text } = readText(body);
  const parameters = readParameters(body);
  const effort = reasoning?.effort ?? undefined;
  const store = body.flag('store') ?? false;
  return {
    model,
    input: {
      ...readConversation(body),
      parameters,
      options: { ...options, effort, format },
      reasoning: effort !== 'none' && (effort !== undefined || givesThoughts || reasoning?.summary != null),
    },
    isStreamed: body.flag('stream') ?? false,
    isStored: store,
    house,
    called,
    givesThoughts,
    echo: {
      instructions: body.text('instructions'),
      max_output_tokens: parameters.maxOutputTokens,
      metadata: readMetadata(body),
      reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
      store,
      temperature: parameters.temperature,
      text,
      top_p: parameters.topP,
      ...echo,
      ...readLabels(body),
    },
  };
}

const keepsNone = 'is not supported: this server keeps no responses, so send the whole conversation as input';

/** What would make the answer another one, and whether a value asks for it. */
const refused: readonly { field: string; isAsked: (value: unknown) => boolean; because: string }[] = [
  { field: 'previous_response_id', isAsked: () => true, because: keepsNone },
  { field: 'conversation', isAsked: () => true, because: keepsNone },
  { field: 'prompt', isAsked: () => true, because: 'is not supported: this server keeps no prompts' },
  {
    field: 'background',
    isAsked: (value) => value !== false,
    because: 'is not supported: an answer ends with its request',
  },
  { field: 'top_logprobs', isAsked: (value) => value !== 0, because: 'is not supported' },
];

function refuseUnsupported(body: BodyFields): void {
  for (const { field, isAsked, because } of refused) {
    if (body.has(field) && isAsked(body.value(field))) throw body.refusal(field, because);
  }
}

/** @returns whether reasoning is to be given in a form that can be sent back */
function readInclude(body: BodyFields): boolean {
  const include = body.value('include') ?? [];
  if (!Array.isArray(include)) throw body.refusal('include', 'must be a list');
  if (include.includes('message.output_text.logprobs')) {
    throw body.refusal('include', 'must not ask for logprobs, which are not supported');
  }
  return include.includes('reasoning.encrypted_content');
}

/** All of the port, whose values http may not import. */
const efforts: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

function readReasoning(body: BodyFields) {
  const given = body.object('reasoning');
  if (!given) return null;
  const summaries = ['auto', 'concise', 'detailed', 'none'] as const;
  const summary = given.word('summary', summaries) ?? given.word('generate_summary', summaries);
  return { effort: given.word('effort', efforts), summary: summary === 'none' ? null : summary };
}

function readParameters(body: BodyFields) {
  return {
    temperature: body.number('temperature', (value) => value >= 0 && value <= 2, 'a number from 0 to 2'),
    topP: body.number('top_p', (value) => value > 0 && value <= 1, 'a number above 0 and at most 1'),
    maxOutputTokens: body.count('max_output_tokens'),
  };
}

function readText(body: BodyFields): { format: AnswerFormat | undefined; echo: { format: ResponseFormatTextConfig } } {
  const given = body.object('text')?.object('format');
  const type = given?.word('type', ['text', 'json_object', 'json_schema']) ?? 'text';
  if (!given || type === 'text') return { format: undefined, echo: { format: { type: 'text' } } };
  if (type === 'json_object') return { format: { type: 'json' }, echo: { format: { type } } };
  const name = given.requiredText('name');
  const description = given.text('description');
  const schema = given.schema('schema');
  const strict = given.flag('strict');
  if (schema === null) throw given.refusal('schema', 'is missing');
  return {
    format: { type: 'schema', name, description, schema, strict: strict ?? undefined },
    echo: {
      format: { type, name, schema: { ...schema }, strict, ...(description !== null && { description }) },
    },
  };
}

/** As many as OpenAI takes. */
const METADATA_MAX = 16;

function readMetadata(body: BodyFields): Record<string, string> {
  const values = body.object('metadata') && (body.value('metadata') as Record<string, unknown>);
  const entries = Object.entries(values ?? {});
  if (entries.length > METADATA_MAX) throw body.refusal('metadata', `must have at most ${METADATA_MAX} entries`);
  if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    return Object.fromEntries(entries);
  }
  throw body.refusal('metadata', 'must have only strings');
}

function readLabels(body: BodyFields): Pick<ResponseEcho, 'prompt_cache_key' | 'safety_identifier' | 'user'> {
  const names = ['prompt_cache_key', 'safety_identifier', 'user'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const label = body.text(name);
      return label === null ? [] : [[name, label]];
    }),
  );
}
