import OpenAI from 'openai';
import type { LanguageModel, ModelFailure, ModelPart, ModelRequest } from '../../ports/language-model.ts';
import type { ChatOptions, ModelOptions, ProviderAccess } from '../../ports/provider.ts';
import { withBaseURL } from '../base-url.ts';
import { withErrorBodies } from '../failures/error-body.ts';
import {
  connectionFailure,
  noListFailure,
  parseErrorBody,
  reportedFailure,
  timeoutFailure,
  toModelFailure,
} from '../failures/provider-error.ts';
import type { Secrets } from '../failures/secrets.ts';
import { type FileLimits, openaiLimits, requireFileLimits } from '../file-limits.ts';
import { keepGivenHeaders } from '../given-headers.ts';
import { asList, PartSink } from '../model-parts.ts';
import { askedBody } from '../transport/body.ts';
import { readEventStream } from '../transport/event-stream.ts';
import { ChatAnswer } from './chat-answer.ts';
import { type ChatRequestOptions, toChatParameters } from './chat-request.ts';
import { ResponseAnswer } from './responses/response-answer.ts';
import { asksResponses, type ResponsesDialect, toResponseParameters } from './responses/response-request.ts';

/** Longer than any time-out of the domain, which ends requests through their signal. */
const sdkTimeoutMs = 24 * 60 * 60 * 1000;

export interface OpenAIChatOptions extends ChatRequestOptions {
  /** Null: the endpoint wants none (Ollama), and no Authorization header is sent. */
  apiKey: string | null;
  /** Includes the version, as the openai SDK means it: `http://127.0.0.1:11434/v1`. Default: OpenAI's own. */
  baseURL?: string | undefined;
  fetch: typeof fetch;
  /** Secrets that no error may show, beside the key. Default: none. */
  secrets?: readonly string[] | undefined;
  /**
   * Whether `<think>…</think>` at the very beginning of a model's answer is its reasoning, by the model's name; else it is text.
   * Default: no model's.
   */
  thinkTags?: ((model: string) => boolean) | undefined;
  /** What the endpoint takes in one request. Default: it says so itself. */
  fileLimits?: FileLimits | undefined;
  /** The Responses API, which is asked in place of chat completions where a model may search by it. Default: never. */
  responses?: ResponsesDialect | undefined;
}

/** Connects OpenAI itself. */
export function connectOpenAI(access: ProviderAccess): LanguageModel {
  return createOpenAIChat({
    ...sharedOptions(access),
    searchParameters: access.searchParameters ?? { web_search_options: {} },
    maxTokensParameter: access.maxTokensParameter ?? 'max_completion_tokens',
    fileLimits: openaiLimits,
    responses: { searchesMax: searchesMaxOf(access), takesLimits: true, billsPages: false },
  });
}

/** Connects any other endpoint that speaks OpenAI's chat completions. Of these only xAI's models search by its Responses API. */
export function connectCompatible(access: ProviderAccess): LanguageModel {
  return createOpenAIChat({
    ...sharedOptions(access),
    maxTokensParameter: access.maxTokensParameter ?? 'max_tokens',
    thinkTags: (model) => access.optionsOf(model)?.thinkTags !== false,
    responses: { searchesMax: searchesMaxOf(access), takesLimits: false, billsPages: true },
  });
}

/** None by the Responses API where the operator has said how chat completions are asked to search. */
function searchesMaxOf({ searchParameters, optionsOf }: ProviderAccess): ResponsesDialect['searchesMax'] {
  return (model) => {
    const search = searchParameters ? undefined : optionsOf(model)?.search;
    return search?.api === 'responses' ? search.max : 0;
  };
}

function sharedOptions({ kind: _, headers: _headers, query: _query, baseURL, optionsOf, ...options }: ProviderAccess) {
  return {
    ...options,
    baseURL: baseURL ?? undefined,
    optionsOf: (model: string) => {
      const own = optionsOf(model);
      return own && chatOptionsOf(own);
    },
  };
}

/** Only the options that the model's entry has: an undefined one would stand over its provider's. */
function chatOptionsOf({ extraBody, systemRole, maxTokensParameter }: ModelOptions): ChatOptions {
  return {
    ...(extraBody && { extraBody }),
    ...(systemRole && { systemRole }),
    ...(maxTokensParameter && { maxTokensParameter }),
  };
}

/** Chat completions: OpenAI, xAI, Perplexity and every endpoint that speaks their format. */
export function createOpenAIChat(options: OpenAIChatOptions): LanguageModel {
  const client = createClient(options);
  const { apiKey, baseURL, thinkTags, secrets = [] } = options;
  const hidden = apiKey === null ? secrets : [apiKey, ...secrets];

  async function listModels(signal: AbortSignal): Promise<string[]> {
    try {
      const response = await client.models.list({ signal }).asResponse();
      const names = namesIn(parseErrorBody(await response.text()));
      if (names === null) throw noListFailure();
      return names;
    } catch (error) {
      throw failureOf(error, hidden);
    }
  }

  /** How the request is asked, and its answer read. */
  function wayOf(request: ModelRequest, onPart: (part: ModelPart) => void) {
    const { responses } = options;
    const { search } = request.options ?? {};
    if (responses && asksResponses(request, responses)) {
      const parts = new PartSink(request.signal, onPart);
      const ask = (signal: AbortSignal) =>
        client.responses.create(toResponseParameters(request, options, responses), { signal }).asResponse();
      return { parts, answer: new ResponseAnswer(parts, responses), ask };
    }
    const isSearch = search && options.searchParameters && !responses?.searchesMax(request.model);
    const parts = new PartSink(request.signal, isSearch ? countingSearch(onPart) : onPart);
    const asked = isSearch ? request : { ...request, options: { ...request.options, search: false } };
    const ask = (signal: AbortSignal) =>
      client.chat.completions.create(toChatParameters(asked, options), { signal }).asResponse();
    return { parts, answer: new ChatAnswer(parts, thinkTags?.(request.model) ?? false), ask };
  }

  return {
    async stream(request, onPart) {
      const way = wayOf(request, onPart);
      try {
        if (options.fileLimits) requireFileLimits(request.messages, options.fileLimits);
        const body = await askedBody(request, way.ask);
        way.parts.readFrom(body);
        await readEventStream(body, way.answer, request.isCrowded).finally(() => way.answer.close());
        way.answer.finish();
      } catch (error) {
        request.signal.throwIfAborted();
        throw await withBaseURL(failureOf(error, hidden), baseURL, listModels);
      }
    },
    listModels,
  };
}

/** Such a request is billed as one search: no endpoint says how often its model searched. */
function countingSearch(onPart: (part: ModelPart) => void): typeof onPart {
  return (part) => onPart(part.type === 'usage' ? { ...part, usage: { ...part.usage, searches: 1 } } : part);
}

/** The names in OpenAI's list of models, or in a bare list (Together); null: the body is no list. Ollama's empty list is null. */
function namesIn(body: unknown): string[] | null {
  const isList = Array.isArray(body);
  if (!isList && (typeof body !== 'object' || body === null || !('data' in body))) return null;
  return asList(isList ? body : body.data).flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
}

/** Gives the SDK every setting that it would else read from the environment, which only config/ reads. */
function createClient({ apiKey, baseURL, fetch: fetchResponse }: OpenAIChatOptions): OpenAI {
  const defaultHeaders = apiKey === null ? { authorization: null } : {};
  const client = new OpenAI({
    apiKey: apiKey ?? 'none',
    defaultHeaders,
    baseURL: baseURL ?? null,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: sdkTimeoutMs,
    fetch: withErrorBodies(fetchResponse, nestErrorBody),
  });
  keepGivenHeaders(client, defaultHeaders);
  return client;
}

/**
 * The SDK keeps nothing of an error's body but its member `error`. Mistral, xAI and others put their sentence beside
 * it or have no such member: here the whole body becomes that member.
 */
function nestErrorBody(body: string): string {
  return JSON.stringify({ error: parseErrorBody(body) });
}

function failureOf(error: unknown, secrets: Secrets): ModelFailure {
  if (error instanceof OpenAI.APIConnectionTimeoutError || error instanceof OpenAI.APIUserAbortError) {
    return timeoutFailure();
  }
  if (!(error instanceof OpenAI.APIError)) return toModelFailure(error, secrets);
  const { status, headers, error: payload } = error;
  return status === undefined ? connectionFailure(error) : reportedFailure({ payload, status, headers, secrets });
}
