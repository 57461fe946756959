import type { ModelMessage, TokenUsage } from '../ports/language-model.ts';
import { countTokens } from './tokens.ts';

export interface AnsweredRequest {
  status: 'COMPLETED' | 'FAILED' | 'STOPPED' | 'INTERRUPTED';
  /** The last the provider said of it; null: nothing. */
  reported: TokenUsage | null;
  /** Whether text came after that. */
  reportOutdated: boolean;
  text: string;
  reasoning: string;
  system: string | null;
  messages: readonly ModelMessage[];
}

export interface ChargedUsage {
  /** Null: nothing is charged. */
  usage: TokenUsage | null;
  /** Counted by this server, in whole or in part. */
  estimated: boolean;
}

/**
 * What a response is charged for: what the provider reports. Where it reports nothing, and for what a response that we
 * stopped wrote after the report (Anthropic tells the input at the beginning and the output at the end), the server
 * counts for itself. A stream that the provider broke is charged as the provider reported it, however early: see
 * docs/decisions. What failed, or was interrupted by us, before its first character costs nothing; what its member stopped
 * before that costs what the provider reported, which may be nothing.
 */
export async function chargedUsage(request: AnsweredRequest): Promise<ChargedUsage> {
  const { status, reported, reportOutdated, text, reasoning } = request;
  if (text === '' && reasoning === '' && status !== 'COMPLETED') {
    return { usage: status === 'STOPPED' ? reported : null, estimated: false };
  }
  const ended = status === 'COMPLETED' || status === 'FAILED';
  if (reported && (ended || !reportOutdated)) return { usage: reported, estimated: false };

  const outputTokens = await countTokens(text);
  const reasoningTokens = await countTokens(reasoning);
  if (!reported) {
    const inputTokens = await countInput(request);
    return { usage: countedUsage({ inputTokens, outputTokens, reasoningTokens }), estimated: true };
  }
  return {
    usage: {
      ...reported,
      outputTokens: Math.max(reported.outputTokens, outputTokens),
      reasoningTokens: Math.max(reported.reasoningTokens, reasoningTokens),
    },
    estimated: true,
  };
}

/** Per bucket, far beyond any context window, and small enough that the cost of it can be counted. */
const TOKENS_MAX = 1_000_000_000;

/** Whether a report can be true at all; one that cannot is no report. */
export function isCredible(usage: TokenUsage): boolean {
  return Object.values(usage).every((tokens) => Number.isInteger(tokens) && tokens >= 0 && tokens <= TOKENS_MAX);
}

export function countedUsage(
  counted: Pick<TokenUsage, 'inputTokens' | 'outputTokens' | 'reasoningTokens'>,
): TokenUsage {
  return { ...counted, cachedInputTokens: 0, cacheWriteInputTokens: 0 };
}

/** The markers of a chat format around each message. */
const MESSAGE_TOKENS = 4;

async function countInput({ system, messages }: AnsweredRequest): Promise<number> {
  let tokens = system === null ? 0 : (await countTokens(system)) + MESSAGE_TOKENS;
  for (const { content } of messages) tokens += (await countTokens(content)) + MESSAGE_TOKENS;
  return tokens;
}
