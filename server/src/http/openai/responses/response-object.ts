import type { Response, ResponseOutputItem, ResponseUsage } from 'openai/resources/responses/responses';
import type { AnswerEnd, AnswerUnderWay } from '../../../domain/following/answer-under-way.ts';
import { type CallProblem, problemOfEnd } from '../../calls/call-problem.ts';
import type { ResponseEcho } from './response-request.ts';

/** A response as this server gives it. The SDK adds `output_text` itself. */
export type ApiResponse = Omit<Response, 'output_text' | 'usage'> & {
  store: boolean;
  usage: (ResponseUsage & { credits: number }) | null;
};

/** What is known of a response from its beginning on. */
export interface Described {
  id: string;
  /** Unix time, in seconds. */
  createdAt: number;
  echo: ResponseEcho;
}

export function describe({ id }: Pick<AnswerUnderWay, 'id'>, echo: ResponseEcho): Described {
  return { id: `resp_${bareId(id)}`, createdAt: now(), echo };
}

/** An id without dashes, as OpenAI's have none. */
export function bareId(id: string): string {
  return id.replaceAll('-', '');
}

export function begunResponse(described: Described, model: string): ApiResponse {
  return {
    ...described.echo,
    id: described.id,
    object: 'response',
    created_at: described.createdAt,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    max_output_tokens: described.echo.max_output_tokens ?? null,
    model,
    output: [],
    previous_response_id: null,
    service_tier: 'default',
    truncation: 'disabled',
    usage: null,
  };
}

export function endedResponse(
  described: Described,
  model: string,
  { end, output }: { end: AnswerEnd | null; output: ResponseOutputItem[] },
): ApiResponse {
  const failure = problemOfEnd(end);
  const ending = endingOf(end, failure);
  return {
    ...begunResponse(described, model),
    ...ending,
    completed_at: ending.status === 'completed' ? now() : null,
    output,
    usage: end && usageOf(end),
  };
}

type Ending = Required<Pick<Response, 'status' | 'error' | 'incomplete_details'>>;

function endingOf(end: AnswerEnd | null, failure: CallProblem | null): Ending {
  if (failure) return { status: 'failed', error: toError(failure), incomplete_details: null };
  const reason = end && cutOffBy(end);
  if (reason) return { status: 'incomplete', error: null, incomplete_details: { reason } };
  // Nobody stops the call of a client but the client itself, or an admin.
  const status = end?.outcome.status === 'STOPPED' ? 'incomplete' : 'completed';
  return { status, error: null, incomplete_details: null };
}

function cutOffBy({ outcome }: AnswerEnd): 'max_output_tokens' | 'content_filter' | null {
  switch (outcome.finishReason) {
    case 'LENGTH':
      return 'max_output_tokens';
    case 'CONTENT_FILTER':
      return 'content_filter';
    case 'REFUSAL':
      // A refusal with words of its own is an answer.
      return outcome.refusal === null ? 'content_filter' : null;
    default:
      return null;
  }
}

/** The codes that clients look for: Codex asks again, or shortens its conversation, by them. */
function toError({ kind, message }: CallProblem): NonNullable<Response['error']> {
  const code = codes.get(kind) ?? 'server_error';
  // The SDK's type lacks `context_length_exceeded`, which OpenAI's API has.
  return { code: code as 'server_error', message };
}

const codes: ReadonlyMap<CallProblem['kind'], string> = new Map([
  ['invalid', 'invalid_prompt'],
  ['filtered', 'invalid_prompt'],
  ['tooLong', 'context_length_exceeded'],
  ['rateLimited', 'rate_limit_exceeded'],
]);

function usageOf({ outcome, credits }: AnswerEnd): NonNullable<ApiResponse['usage']> {
  const { inputTokens = 0, cachedInputTokens = 0, cacheWriteInputTokens = 0 } = outcome.usage ?? {};
  const { outputTokens = 0, reasoningTokens = 0 } = outcome.usage ?? {};
  const input = inputTokens + cachedInputTokens + cacheWriteInputTokens;
  const output = outputTokens + reasoningTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteInputTokens },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: input + output,
    credits,
  };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
