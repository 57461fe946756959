import type { CallInput } from '../../domain/asking/calls.ts';
import type { AnswerFormat, CallOptions } from '../../ports/language-model.ts';
import type { HouseTools } from '../calls/house-tools.ts';
import { readConversation } from './conversation.ts';
import { Field } from './field.ts';
import { readHouseTools, readTools } from './tools.ts';

/** What a request says that every kind of it has. */
export interface MessageContent extends Pick<CallInput, 'system' | 'messages'> {
  /** The name of the model. */
  model: string;
  options: CallOptions;
  /** The tools of this server that the model may use; then it has no others. */
  house: HouseTools | null;
  /** Whether the model is to think in the open; without that nothing of what it thinks is shown. */
  reasoning: boolean;
}

export interface MessageRequest extends MessageContent {
  parameters: NonNullable<CallInput['parameters']>;
  stream: boolean;
}

const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
const thinkingTypes = ['enabled', 'adaptive', 'between_tools', 'disabled'] as const;
const THINKING_BUDGET_MIN = 1024;

/**
 * Reads a request for an answer. What is not known is ignored, as Anthropic's older servers would; what would make the
 * answer another one is refused.
 *
 * @throws CallError
 */
export function readMessageRequest(body: Record<string, unknown>): MessageRequest {
  const request = new Field(body);
  const content = readMessageContent(body);
  const maxOutputTokens = request.member('max_tokens').integer(1);
  const budget = content.options.reasoningTokensMax;
  if (budget !== undefined && budget >= maxOutputTokens) {
    throw request.member('thinking').member('budget_tokens').refuse('It must be less than max_tokens.');
  }
  return {
    ...content,
    parameters: {
      maxOutputTokens,
      temperature: request.member('temperature').optional((field) => field.number(0, 1)) ?? null,
      topP: request.member('top_p').optional(readTopP) ?? null,
    },
    stream: request.member('stream').optional((field) => field.flag()) ?? false,
  };
}

/**
 * Reads the part of a request that tells its length: all that `count_tokens` takes.
 *
 * @throws CallError
 */
export function readMessageContent(body: Record<string, unknown>): MessageContent {
  const request = new Field(body);
  const model = request.member('model').filledText();
  refuseOthers(request);
  const { reasoning, reasoningTokensMax } = readThinking(request.member('thinking'));
  const config = request.member('output_config');
  const effort = config.optional(() => config.member('effort').optional((field) => field.oneOf(efforts)));
  const format = readFormat(request, config);
  const stop = request.member('stop_sequences').optional(readStop);
  const house = readHouseTools(request);
  return {
    model,
    ...readConversation(request),
    options: {
      ...(house === null && readTools(request)),
      ...(reasoningTokensMax !== undefined && { reasoningTokensMax }),
      ...(effort && { effort }),
      ...(format && { format }),
      ...(stop && { stop }),
    },
    house,
    reasoning,
  };
}

/** What this server has nothing like, and an answer without it would not be what was asked for. */
const others = ['mcp_servers', 'container', 'thread', 'compaction'] as const;

function refuseOthers(request: Field): void {
  for (const name of others) {
    const field = request.member(name);
    const isEmpty = field.isAbsent || (Array.isArray(field.value) && field.value.length === 0);
    if (!isEmpty) throw field.refuse('This is a service of Anthropic’s own servers, and not to be had here.');
  }
  const place = request.member('inference_geo');
  if (!place.isAbsent && place.value !== 'global') throw place.refuse('This server cannot tell where a model runs.');
}

/** A model that is to think as it sees fit is left to the adapter, and so is one of which nothing is said. */
function readThinking(thinking: Field): Pick<MessageContent, 'reasoning'> & Pick<CallOptions, 'reasoningTokensMax'> {
  if (thinking.isAbsent) return { reasoning: false };
  const type = thinking.member('type').oneOf(thinkingTypes);
  if (type === 'disabled') return { reasoning: false, reasoningTokensMax: 0 };
  if (type !== 'enabled') return { reasoning: true };
  return { reasoning: true, reasoningTokensMax: thinking.member('budget_tokens').integer(THINKING_BUDGET_MIN) };
}

function readFormat(request: Field, config: Field): AnswerFormat | undefined {
  const format = config.isAbsent ? config : config.member('format');
  // `output_format` is where it was before.
  return (format.isAbsent ? request.member('output_format') : format).optional((given) => {
    given.member('type').oneOf(['json_schema']);
    return { type: 'schema', name: 'answer', description: null, schema: given.member('schema').json(), strict: true };
  });
}

function readStop(list: Field): string[] {
  return list.list().map((field) => field.filledText());
}

function readTopP(field: Field): number {
  const topP = field.number(0, 1);
  if (topP === 0) throw field.refuse('It must be above 0.');
  return topP;
}
