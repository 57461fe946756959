import {
  type GenerateContentRequest,
  GoogleGenerativeAI,
  GoogleGenerativeAIError,
  GoogleGenerativeAIRequestInputError,
} from '@google/generative-ai';
import type { FinishReason, LanguageModel, ModelRequest, TokenUsage } from '../ports/language-model.ts';
import { ModelFailure } from '../ports/language-model.ts';
import { withoutHeartbeats } from './heartbeats.ts';
import { PartSink, tokenCount } from './model-parts.ts';
import {
  parseEvent,
  ReportedError,
  toModelFailure,
  toResponseFailure,
  truncatedFailure,
  UnexpectedBody,
  unreadableFailure,
} from './provider-error.ts';
import { scrub } from './scrub.ts';
import { followWithinOrigin } from './upstream-fetch.ts';

const defaultBaseURL = 'https://generativelanguage.googleapis.com';

export interface GoogleOptions {
  apiKey: string;
  /** Without its version, as the SDK means it. Default: Google's own. */
  baseURL?: string | undefined;
}

/**
 * Gemini. The answer is whole where the body ends in good order after a `finishReason`. A blocked prompt is a
 * failure (CONTENT_FILTERED); a blocked answer finishes as CONTENT_FILTER, with what was shown of it.
 *
 * The SDK hides the body, and there will be no later version of it: `activity` comes with every event here, not with
 * every byte.
 */
export function createGoogle({ apiKey, baseURL }: GoogleOptions): LanguageModel {
  const client = new GoogleGenerativeAI(apiKey);
  const baseUrl = (baseURL ?? defaultBaseURL).replace(/\/+$/, '');
  return {
    async stream(request, onPart) {
      request.signal.throwIfAborted();
      // Leaving the SDK's loop stops nothing upstream, only its signal does: ours, aborted on every way out.
      const upstream = new AbortController();
      const cancel = () => upstream.abort();
      request.signal.addEventListener('abort', cancel);
      try {
        const model = client.getGenerativeModel({ model: request.model }, { baseUrl });
        const { signal } = upstream;
        const answer = await askThrough(apiKey, () =>
          model.generateContentStream(toContentRequest(request), { signal }),
        );
        // What breaks the stream is thrown by its loop; here it would be an unhandled rejection, and the process's end.
        answer.response.catch(() => {});
        await readAnswer(answer.stream as AsyncIterable<ContentEvent>, new PartSink(request.signal, onPart));
      } catch (error) {
        request.signal.throwIfAborted();
        throw failureOf(error, apiKey);
      } finally {
        request.signal.removeEventListener('abort', cancel);
        cancel();
      }
    },
    async listModels(signal) {
      try {
        return await listModelNames(baseUrl, apiKey, signal);
      } catch (error) {
        throw failureOf(error, apiKey);
      }
    },
  };
}

const fetchWithinOrigin = followWithinOrigin((input, init) => fetch(input, { ...init, redirect: 'manual' }));

/**
 * The SDK takes no fetch. It looks the global one up at once when it is called, and for no longer than that it finds
 * one here that keeps the key within its origin. It keeps little of an error of fetch, which is thrown as it was.
 */
async function askThrough<Answer>(apiKey: string, callSdk: () => Promise<Answer>): Promise<Answer> {
  let failure: unknown = null;
  const found: typeof fetch = async (input, init) => {
    try {
      const response = await fetchWithinOrigin(input, init);
      if (!response.ok) throw await toResponseFailure(response, apiKey);
      if (!response.body) throw new UnexpectedBody('');
      return new Response(response.body.pipeThrough(withoutHeartbeats()), response);
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  const usual = globalThis.fetch;
  globalThis.fetch = found;
  let asked: Promise<Answer>;
  try {
    asked = callSdk();
  } finally {
    globalThis.fetch = usual;
  }
  return asked.catch((error: unknown) => {
    throw failure ?? error;
  });
}

/** What is wrong with the answer; what kept the SDK from one is told by fetch. */
function failureOf(error: unknown, apiKey: string): ModelFailure {
  if (!(error instanceof GoogleGenerativeAIError)) return toModelFailure(error, apiKey);
  const message = error.message.replace(/^\[GoogleGenerativeAI Error\]: /, '');
  if (error instanceof GoogleGenerativeAIRequestInputError) {
    return new ModelFailure('INVALID_REQUEST', scrub(message, apiKey));
  }
  return message.startsWith('Error parsing JSON response') ? unreadableFailure() : truncatedFailure();
}

/** The SDK cannot list models. */
async function listModelNames(baseUrl: string, apiKey: string, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  let pageToken: string | undefined;
  do {
    const url = new URL(`${baseUrl}/v1beta/models?pageSize=1000`);
    if (pageToken) url.searchParams.set('pageToken', pageToken);
    const response = await fetchWithinOrigin(url, { headers: { 'x-goog-api-key': apiKey }, signal });
    if (!response.ok) throw await toResponseFailure(response, apiKey);
    const page: ModelPage = parseEvent(await response.text());
    const models = page.models?.filter((model) => model.supportedGenerationMethods?.includes('generateContent')) ?? [];
    names.push(...models.map((model) => model.name.replace(/^models\//, '')));
    pageToken = page.nextPageToken;
  } while (pageToken);
  return names;
}

interface ModelPage {
  models?: { name: string; supportedGenerationMethods?: string[] }[];
  nextPageToken?: string;
}

function toContentRequest(request: ModelRequest): GenerateContentRequest {
  const generationConfig = {
    maxOutputTokens: request.maxOutputTokens,
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.topP !== undefined && { topP: request.topP }),
    // Not in the SDK's types, but sent as it is.
    ...(request.reasoning && { thinkingConfig: { includeThoughts: true } }),
  };
  return {
    contents: request.messages.map(({ role, content }) => ({
      role: role === 'assistant' ? 'model' : 'user',
      parts: [{ text: content }],
    })),
    ...(request.system !== null && { systemInstruction: request.system }),
    generationConfig,
  };
}

/** What is read of an event: more than the SDK's types know, and every field is looked at before it is used. */
interface ContentEvent {
  candidates?: Candidate[];
  promptFeedback?: PromptFeedback;
  usageMetadata?: UsageMetadata;
  error?: unknown;
}

interface PromptFeedback {
  blockReason?: string;
  blockReasonMessage?: string;
}

interface Candidate {
  content?: { parts?: (ContentPart | null)[] };
  finishReason?: string;
  groundingMetadata?: { groundingChunks?: { web?: Source; retrievedContext?: Source }[] };
  citationMetadata?: { citationSources?: Source[] };
}

interface ContentPart {
  text?: unknown;
  /** The text is a thought, or a summary of one. */
  thought?: boolean;
  functionCall?: unknown;
}

interface Source {
  uri?: unknown;
  title?: unknown;
}

interface UsageMetadata {
  promptTokenCount?: unknown;
  cachedContentTokenCount?: unknown;
  toolUsePromptTokenCount?: unknown;
  candidatesTokenCount?: unknown;
  thoughtsTokenCount?: unknown;
}

async function readAnswer(events: AsyncIterable<ContentEvent>, parts: PartSink): Promise<void> {
  let finishReason: string | null = null;
  let calledTool = false;

  for await (const event of fromFirstEvent(events)) {
    const usage = toTokenUsage(event.usageMetadata);
    if (usage) parts.push({ type: 'usage', usage });
    if (event.error) throw new ReportedError(event);
    if (event.promptFeedback?.blockReason) throw blockedPromptError(event.promptFeedback);
    const candidate = event.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (typeof part?.text === 'string' && part.text !== '') {
        parts.push({ type: part.thought ? 'reasoning' : 'text', text: part.text });
      }
      calledTool ||= part?.functionCall !== undefined;
    }
    for (const source of toSources(candidate)) parts.cite(source?.uri, source?.title);
    finishReason = candidate?.finishReason ?? finishReason;
    parts.endPiece();
  }

  if (finishReason === null) throw truncatedFailure();
  const reason = toFinishReason(finishReason);
  parts.push({ type: 'finish', reason: calledTool && reason === 'STOP' ? 'TOOL_CALLS' : reason });
}

/** The SDK says the same of a rest that is no event and of a body that never was a stream: the first event tells. */
async function* fromFirstEvent(events: AsyncIterable<ContentEvent>): AsyncGenerator<ContentEvent> {
  let begun = false;
  try {
    for await (const event of events) {
      begun = true;
      yield event;
    }
  } catch (error) {
    const unparsed = error instanceof GoogleGenerativeAIError && error.message.endsWith('Failed to parse stream');
    throw unparsed && !begun ? new UnexpectedBody('') : error;
  }
}

function blockedPromptError({ blockReason, blockReasonMessage }: PromptFeedback): ReportedError {
  const message = blockReasonMessage ?? `The provider blocked the prompt (${blockReason}).`;
  return new ReportedError({ message, code: 'content_filter' });
}

function toSources(candidate: Candidate | undefined): (Source | undefined)[] {
  const grounding = candidate?.groundingMetadata?.groundingChunks ?? [];
  const recited = candidate?.citationMetadata?.citationSources ?? [];
  return [...grounding.map((chunk) => chunk.web ?? chunk.retrievedContext), ...recited];
}

/**
 * Gemini counts the cache into the prompt's tokens, what its tools read beside them, and thoughts beside the answer.
 * Null where nothing was counted yet.
 */
function toTokenUsage(usage: UsageMetadata | undefined): TokenUsage | null {
  if (usage?.promptTokenCount === undefined) return null;
  const prompt = tokenCount(usage.promptTokenCount);
  const cached = Math.min(tokenCount(usage.cachedContentTokenCount), prompt);
  return {
    inputTokens: prompt - cached + tokenCount(usage.toolUsePromptTokenCount),
    cachedInputTokens: cached,
    cacheWriteInputTokens: 0,
    outputTokens: tokenCount(usage.candidatesTokenCount),
    reasoningTokens: tokenCount(usage.thoughtsTokenCount),
  };
}

function toFinishReason(reason: string): FinishReason {
  switch (reason) {
    case 'STOP':
      return 'STOP';
    case 'MAX_TOKENS':
      return 'LENGTH';
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
    case 'IMAGE_SAFETY':
      return 'CONTENT_FILTER';
    default:
      return 'OTHER';
  }
}
