import type { AnswerEnd } from '../../domain/following/answer-under-way.ts';
import type { MadeImage } from '../../ports/language-model.ts';

/** The words of chat completions for how an answer ended, and what it used. */

export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** An answer that was stopped is whole as far as it goes. */
export function chatFinishReason({ outcome: { finishReason, refusal } }: AnswerEnd): ChatFinishReason {
  switch (finishReason) {
    case 'LENGTH':
      return 'length';
    case 'TOOL_CALLS':
      return 'tool_calls';
    case 'CONTENT_FILTER':
      return 'content_filter';
    case 'REFUSAL':
      // A model that says why it declines has done so; one that is cut off by its provider was filtered.
      return refusal === null ? 'content_filter' : 'stop';
    default:
      return 'stop';
  }
}

/** Tokens, and the credits that they were charged with. */
export function chatUsage({ outcome: { usage }, credits }: AnswerEnd) {
  const { inputTokens = 0, cachedInputTokens = 0, cacheWriteInputTokens = 0 } = usage ?? {};
  const { outputTokens = 0, reasoningTokens = 0 } = usage ?? {};
  const prompt = inputTokens + cachedInputTokens + cacheWriteInputTokens;
  const completion = outputTokens + reasoningTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteInputTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
    credits,
  };
}

/** The sources of an answer. Where in the text each is cited is not known. */
export function chatAnnotations({ outcome: { citations } }: AnswerEnd) {
  return citations.map(({ url, title }) => ({
    type: 'url_citation' as const,
    url_citation: { url, title: title ?? url, start_index: 0, end_index: 0 },
  }));
}

/** The provider's proof of the thought behind a call, as Gemini's own endpoint for this protocol gives it. */
export function extraContent(signature: string | null) {
  return signature === null ? {} : { extra_content: { google: { thought_signature: signature } } };
}

/** An image that the model made, as OpenRouter and LiteLLM give it; OpenAI's own protocol has no place for it. */
export function chatImage({ mediaType, data }: MadeImage, index: number) {
  return { type: 'image_url' as const, image_url: { url: `data:${mediaType};base64,${data}` }, index };
}
