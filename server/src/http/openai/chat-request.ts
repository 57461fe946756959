import type { CallInput } from '../../domain/asking/calls.ts';
import type { AnswerFormat, CallOptions, ReasoningEffort } from '../../ports/language-model.ts';
import type { HouseTools } from '../calls/house-tools.ts';
import { BodyFields } from './body-fields.ts';
import { readConversation } from './chat-messages.ts';
import { readHouseTools, readTools } from './chat-tools.ts';

/** A chat completion as it is asked for. */
export interface ChatRequest {
  /** The model as the client names it. */
  model: string;
  input: Omit<CallInput, 'modelId'>;
  /** The tools of this server that the model may use. */
  house: HouseTools | null;
  isStreamed: boolean;
  /** Whether it is to become a turn of a conversation. */
  isStored: boolean;
  /** Whether the stream is to tell its usage. */
  includesUsage: boolean;
}

/**
 * Reads the body of a chat completion's request.
 *
 * Fields that are heeded are named below and in the files beside. Refused are those without which the client would take
 * the answer for another thing than it is (`refused`). All others are ignored, as unknown ones are: `frequency_penalty`,
 * `presence_penalty`, `seed` and `verbosity`, which few models know; `prediction`, which only saves time; `user`,
 * `safety_identifier`, `prompt_cache_key` and its like, `service_tier`, `metadata` and `moderation`, which are for the
 * provider's own accounts.
 *
 * @throws CallError that names the field
 */
export function readChatRequest(given: Readonly<Record<string, unknown>>): ChatRequest {
  const body = new BodyFields(given);
  const model = body.requiredText('model');
  refuseUnsupported(body);
  const house = readHouseTools(body);
  const tools = house === null ? readTools(body) : {};
  const effort = body.word('reasoning_effort', efforts) ?? undefined;
  return {
    model,
    input: {
      ...readConversation(body),
      parameters: readParameters(body),
      options: { ...tools, stop: readStop(body), effort, format: readFormat(body) },
      reasoning: effort !== undefined && effort !== 'none',
    },
    house,
    isStreamed: body.flag('stream') ?? false,
    isStored: body.flag('store') ?? false,
    includesUsage: body.object('stream_options')?.flag('include_usage') ?? false,
  };
}

/** All of the port, whose values http may not import. */
const efforts: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** What would make the answer another one, and whether a value asks for it. */
const refused: readonly { field: string; isAsked: (value: unknown) => boolean; because: string }[] = [
  { field: 'n', isAsked: (value) => value !== 1, because: 'must be 1: ask again for another answer' },
  { field: 'logprobs', isAsked: (value) => value !== false, because: 'is not supported' },
  { field: 'top_logprobs', isAsked: (value) => value !== 0, because: 'is not supported' },
  { field: 'logit_bias', isAsked: (value) => !isEmpty(value), because: 'is not supported' },
  { field: 'audio', isAsked: () => true, because: 'is not supported: answers are text' },
  {
    field: 'modalities',
    isAsked: (value) => !isTextOrImage(value),
    because: 'may have text and image: answers have no other parts',
  },
  {
    field: 'web_search_options',
    isAsked: () => true,
    because: 'is not supported: ask a model that searches by itself',
  },
  { field: 'functions', isAsked: (value) => !isEmpty(value), because: 'is not supported: send them as tools' },
  {
    field: 'function_call',
    isAsked: (value) => value !== 'none' && value !== 'auto',
    because: 'is not supported: send it as tool_choice',
  },
];

function refuseUnsupported(body: BodyFields): void {
  for (const { field, isAsked, because } of refused) {
    if (body.has(field) && isAsked(body.value(field))) throw body.refusal(field, because);
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isTextOrImage(value: unknown): boolean {
  return Array.isArray(value) && value.every((modality) => modality === 'text' || modality === 'image');
}

function readParameters(body: BodyFields): NonNullable<CallInput['parameters']> {
  const longest = body.count('max_completion_tokens');
  return {
    temperature: body.number('temperature', (value) => value >= 0 && value <= 2, 'a number from 0 to 2'),
    topP: body.number('top_p', (value) => value > 0 && value <= 1, 'a number above 0 and at most 1'),
    maxOutputTokens: longest ?? body.count('max_tokens'),
  };
}

const STOPS_MAX = 4;

function readStop(body: BodyFields): readonly string[] {
  const value = body.value('stop') ?? [];
  const stop: unknown[] = Array.isArray(value) ? value : [value];
  if (stop.length > STOPS_MAX) throw body.refusal('stop', `must have at most ${STOPS_MAX} texts`);
  if (stop.every((text): text is string => typeof text === 'string' && text !== '')) return stop;
  throw body.refusal('stop', 'must be a text or a list of texts, none of them empty');
}

function readFormat(body: BodyFields): CallOptions['format'] {
  const given = body.object('response_format');
  if (!given) return undefined;
  const type = given.word('type', ['text', 'json_object', 'json_schema']);
  if (type === null) throw given.refusal('type', 'is missing');
  if (type === 'text') return undefined;
  return type === 'json_object' ? { type: 'json' } : readSchema(given.requiredObject(type));
}

function readSchema(described: BodyFields): AnswerFormat {
  const name = described.requiredText('name');
  const schema = described.schema('schema');
  if (schema === null) return { type: 'json' };
  return {
    type: 'schema',
    name,
    description: described.text('description'),
    schema,
    strict: described.flag('strict') ?? undefined,
  };
}
