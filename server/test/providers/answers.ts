import {
  type FinishReason,
  type LanguageModel,
  ModelFailure,
  type ModelPart,
  type ModelRequest,
  type TokenUsage,
  textMessage,
} from '../../src/ports/language-model.ts';
import { createAnthropic } from '../../src/providers/anthropic/anthropic.ts';
import { createGoogle } from '../../src/providers/google/google.ts';
import { createOpenAIChat } from '../../src/providers/openai/openai.ts';
import { upstreamFetch } from '../../src/providers/transport/upstream-fetch.ts';
import type { WireApi, WireServer } from '../wire-server.ts';

export const secret = 'sk-test-0123456789abcdef';

export interface Adapter {
  name: string;
  api: WireApi;
  models: WireApi;
  /** Default of `fetch`: upstreamFetch. */
  create(server: Pick<WireServer, 'url'>, fetch?: typeof globalThis.fetch): LanguageModel;
}

/** Each adapter that speaks to a provider over the wire. All of them must hold the port's contract. */
export const adapters: readonly Adapter[] = [
  {
    name: 'openai',
    api: 'openai.chat',
    models: 'openai.models',
    create: ({ url }, fetch = upstreamFetch) =>
      createOpenAIChat({ apiKey: secret, baseURL: `${url}/v1`, maxTokensParameter: 'max_tokens', fetch }),
  },
  {
    name: 'anthropic',
    api: 'anthropic.messages',
    models: 'anthropic.models',
    create: ({ url }, fetch = upstreamFetch) => createAnthropic({ apiKey: secret, baseURL: url, fetch }),
  },
  {
    name: 'google',
    api: 'google.streamGenerateContent',
    models: 'google.models',
    create: ({ url }, fetch = upstreamFetch) => createGoogle({ apiKey: secret, baseURL: url, fetch }),
  },
  {
    name: 'openai (responses)',
    api: 'openai.responses',
    models: 'openai.models',
    create: ({ url }, fetch = upstreamFetch) => searching(createResponses({ url }, fetch)),
  },
];

/** OpenAI's models, each of which may search by the Responses API: at most three times. */
export function createResponses(
  { url }: Pick<WireServer, 'url'>,
  fetch: typeof globalThis.fetch,
  dialect: { takesLimits: boolean; billsPages: boolean } = { takesLimits: true, billsPages: false },
): LanguageModel {
  return createOpenAIChat({
    apiKey: secret,
    baseURL: `${url}/v1`,
    maxTokensParameter: 'max_completion_tokens',
    fetch,
    responses: { searchesMax: () => 3, ...dialect },
  });
}

/** A model that may search whatever it is asked. */
export function searching(model: LanguageModel): LanguageModel {
  const stream: LanguageModel['stream'] = (request, onPart) =>
    model.stream({ ...request, options: { ...request.options, search: true } }, onPart);
  return { ...model, stream };
}

export function adapterOf(api: string): Adapter {
  const adapter = adapters.find((candidate) => candidate.api === api);
  if (!adapter) throw new Error(`No adapter speaks ${api}.`);
  return adapter;
}

export function modelRequest(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'model-a',
    system: null,
    messages: [textMessage('user', 'Hello?')],
    maxOutputTokens: 4096,
    reasoning: false,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** Everything that the port reports of one request. */
export interface Answer {
  text: string;
  reasoning: string;
  refusal: string;
  citations: { url: string; title: string | null }[];
  toolCalls: AnsweredCall[];
  usage: TokenUsage | null;
  finish: FinishReason | null;
  failure: ModelFailure | null;
  parts: ModelPart[];
}

/** A tool call, its arguments put together. */
export interface AnsweredCall {
  id: string;
  name: string;
  arguments: string;
  signature: string | null;
}

/** Streams to the end. Returns a `ModelFailure` as part of the answer, and rejects with any other error. */
export async function ask(model: LanguageModel, changes: Partial<ModelRequest> = {}): Promise<Answer> {
  const answer: Answer = {
    text: '',
    reasoning: '',
    refusal: '',
    citations: [],
    toolCalls: [],
    usage: null,
    finish: null,
    failure: null,
    parts: [],
  };
  try {
    await model.stream(modelRequest(changes), (part) => {
      answer.parts.push(part);
      take(part, answer);
    });
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    answer.failure = error;
  }
  return answer;
}

function take(part: ModelPart, answer: Answer): void {
  if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal') answer[part.type] += part.text;
  if (part.type === 'citation') answer.citations.push({ url: part.url, title: part.title });
  takeCall(part, answer.toolCalls);
  if (part.type === 'usage') answer.usage = part.usage;
  if (part.type === 'finish') answer.finish = part.reason;
}

/** Adds the part to the calls if it is of one. Throws if the part comes out of turn. */
export function takeCall(part: ModelPart, calls: AnsweredCall[]): void {
  if (part.type === 'toolCall') {
    if (part.call !== calls.length) throw new Error(`The call ${part.call} came after ${calls.length} others.`);
    calls.push({ id: part.id, name: part.name, arguments: '', signature: part.signature });
  }
  if (part.type === 'toolArguments') {
    const call = calls[part.call];
    if (!call) throw new Error(`Arguments came before their call ${part.call}.`);
    call.arguments += part.text;
  }
}
