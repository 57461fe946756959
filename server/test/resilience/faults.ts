import type { FailureCode } from '../../src/ports/language-model.ts';
import { errorBody, errorEvent, streamBeginning, streamBody, type WireAnswer, type WireApi } from '../wire-server.ts';

/** The adapters under test. Two of them speak the same API. */
export type AdapterName = 'openai' | 'openai-compatible' | 'anthropic' | 'google';

export const adapterApis: Record<AdapterName, WireApi> = {
  openai: 'openai.chat',
  'openai-compatible': 'openai.chat',
  anthropic: 'anthropic.messages',
  google: 'google.streamGenerateContent',
};

/** One way in which a provider can break, and the expected outcome. */
export interface Fault {
  /** The end of the sentence "A provider that …". */
  name: string;
  /** The provider's answer. Null: no server listens. */
  answer: ((api: WireApi) => WireAnswer) | null;
  expected: Expected;
  /** The expectations of adapters that cannot have the same outcome. */
  differing?: Partial<Record<AdapterName, Partial<Expected>>>;
}

export interface Expected {
  /** The code of the failure. Null: the answer is complete. */
  failure: FailureCode | null;
  /** How often the model is asked if it has no fallback. */
  asked: number;
  /** Whether a fallback is used if there is one. */
  fallback: boolean;
  /** The text that is kept of the answer. */
  text: string;
  reasoning?: string;
  /** Credits: 1 for a token of input, 2 for a token of output. */
  charged: number;
}

export const prompt = 'Hello?';
const whole = { text: ['Half an', ' answer', ', and the rest.'], usage: { input: 9, output: 3 } };
const half = { ...whole, text: whole.text.slice(0, 2) };
const halfText = 'Half an answer';
const thought = { ...whole, reasoning: ['Let me', ' see'], text: [] };
/** A text that is longer than any answer. */
const hugeText = 'lorem ipsum dolor '.repeat(600_000);

/** No text came, and a retry may help: 3 attempts in all, or a fallback at once. */
const retried = { asked: 3, fallback: true, text: '', charged: 0 };
/** No text came, and a retry would not help. */
const final = { asked: 1, fallback: false, text: '', charged: 0 };
/**
 * Text came, so no other model may go on. The charge is the server's count: 2 tokens of input and 4 for the frame of a
 * message, 3 of output. Anthropic's report at the beginning counts instead: 9 and 1.
 */
const kept = { asked: 1, fallback: false, text: halfText, charged: 6 + 2 * 3 };
const keptByAdapter = { anthropic: { charged: 9 + 2 * 1 } };

export const faults: readonly Fault[] = [
  { name: 'refuses the connection', answer: null, expected: { ...retried, failure: 'CONNECTION' } },
  {
    name: 'answers 401',
    answer: (api) => refusal(api, 401, ['invalid_api_key', 'authentication_error', 'UNAUTHENTICATED']),
    expected: { ...final, failure: 'AUTHENTICATION' },
  },
  {
    name: 'answers 403',
    answer: (api) => refusal(api, 403, ['forbidden', 'permission_error', 'PERMISSION_DENIED']),
    expected: { ...final, failure: 'AUTHENTICATION' },
  },
  {
    name: 'answers 404',
    answer: (api) => refusal(api, 404, ['model_not_found', 'not_found_error', 'NOT_FOUND']),
    expected: { ...final, failure: 'MODEL_NOT_FOUND' },
  },
  {
    name: 'answers 429 and asks for a moment',
    answer: (api) => rateLimit(api, 0.02),
    expected: { ...retried, failure: 'RATE_LIMITED' },
  },
  {
    name: 'answers 429 and asks for more than 10 s',
    answer: (api) => rateLimit(api, 10.5),
    expected: { ...retried, asked: 1, failure: 'RATE_LIMITED' },
  },
  {
    name: 'answers 429 and asks for no time',
    answer: (api) => rateLimit(api, null),
    expected: { ...retried, failure: 'RATE_LIMITED' },
  },
  {
    name: 'answers that the account has no money left',
    answer: outOfMoney,
    expected: { ...final, failure: 'QUOTA_EXCEEDED' },
    // Gemini reports a limit per minute in the same way.
    differing: { google: { ...retried, failure: 'RATE_LIMITED' } },
  },
  {
    name: 'answers 400',
    answer: (api) => refusal(api, 400, ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT']),
    expected: { ...final, failure: 'INVALID_REQUEST' },
  },
  { name: 'finds the prompt too long', answer: tooLong, expected: { ...final, failure: 'CONTEXT_TOO_LONG' } },
  { name: 'blocks the prompt', answer: blocked, expected: { ...final, failure: 'CONTENT_FILTERED' } },
  {
    name: 'answers 500',
    answer: (api) => refusal(api, 500, ['server_error', 'api_error', 'INTERNAL']),
    expected: { ...retried, failure: 'PROVIDER_ERROR' },
  },
  {
    name: 'answers 503',
    answer: (api) => refusal(api, 503, ['service_unavailable', 'api_error', 'UNAVAILABLE']),
    expected: { ...retried, failure: 'OVERLOADED' },
  },
  {
    name: 'answers 529',
    answer: (api) => refusal(api, 529, ['overloaded', 'overloaded_error', 'UNAVAILABLE']),
    expected: { ...retried, failure: 'OVERLOADED' },
  },
  {
    name: 'answers 503 with a page of HTML',
    answer: () => ({ status: 503, headers: { 'content-type': 'text/html' }, body: '<html>Bad luck</html>' }),
    expected: { ...retried, failure: 'OVERLOADED' },
  },
  {
    name: 'sends an error before the first character',
    answer: (api) => ({ body: errorEvent(api, overload(api)) }),
    expected: { ...retried, failure: 'OVERLOADED' },
  },
  {
    name: 'sends an error in mid-stream',
    answer: (api) => ({ body: streamBeginning(api, half) + errorEvent(api, overload(api)) }),
    expected: { ...kept, failure: 'OVERLOADED' },
    differing: keptByAdapter,
  },
  {
    name: 'sends an error after reasoning only',
    answer: (api) => ({ body: streamBeginning(api, thought) + errorEvent(api, overload(api)) }),
    expected: { ...kept, failure: 'OVERLOADED', text: '', reasoning: 'Let me see' },
    differing: keptByAdapter,
  },
  { name: 'stalls before its headers', answer: () => ({ silent: true }), expected: stalled() },
  {
    name: 'stalls before the first character',
    answer: () => ({ body: ': ping\n\n', ending: 'stall' }),
    expected: stalled(),
  },
  {
    name: 'stalls in mid-stream',
    answer: (api) => ({ body: streamBeginning(api, half), ending: 'stall' }),
    expected: { ...kept, failure: 'TIMEOUT' },
    differing: keptByAdapter,
  },
  {
    name: 'resets the connection before the first character',
    answer: () => ({ ending: 'reset' }),
    expected: { ...retried, failure: 'CONNECTION' },
  },
  {
    name: 'resets the connection in mid-stream',
    answer: (api) => ({ body: streamBeginning(api, half), ending: 'reset' }),
    expected: { ...kept, failure: 'CONNECTION' },
    differing: keptByAdapter,
  },
  {
    name: 'cuts the connection in mid-stream',
    answer: (api) => ({ body: streamBeginning(api, half), ending: 'cut' }),
    expected: { ...kept, failure: 'CONNECTION' },
    differing: keptByAdapter,
  },
  {
    name: 'ends in good order before the first character',
    answer: () => ({ body: '' }),
    expected: { ...retried, failure: 'CONNECTION' },
  },
  {
    name: 'ends in good order without its terminal marker',
    answer: (api) => ({ body: streamBeginning(api, half) }),
    expected: { ...kept, failure: 'CONNECTION' },
    differing: keptByAdapter,
  },
  {
    name: 'sends garbage',
    answer: () => ({ body: Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 167 + 13) % 256)) }),
    expected: { ...retried, failure: 'PROVIDER_ERROR' },
  },
  {
    name: 'sends garbage in mid-stream',
    answer: (api) => ({ body: `${streamBeginning(api, half)}data: {unreadable}\r\n\r\n` }),
    expected: { ...kept, failure: 'PROVIDER_ERROR' },
    differing: keptByAdapter,
  },
  {
    name: 'sends JSON in place of a stream',
    answer: () => ({ headers: { 'content-type': 'application/json' }, body: '{"id":"answer-1","content":"Hello"}' }),
    expected: { ...retried, failure: 'PROVIDER_ERROR' },
  },
  {
    name: 'sends 10 MB of text in one line',
    answer: (api) => ({ body: streamBody(api, { ...whole, text: [hugeText] }) }),
    // The charge is the whole hold: at most 1,046 tokens of input, and 1,000 of output.
    expected: { ...kept, failure: 'PROVIDER_ERROR', text: hugeText, charged: 1046 + 2 * 1000 },
    differing: keptByAdapter,
  },
  {
    name: 'dribbles one byte at a time',
    answer: (api) => ({ body: streamBody(api, whole), pieces: [1] }),
    expected: { failure: null, asked: 1, fallback: false, text: whole.text.join(''), charged: 9 + 2 * 3 },
  },
];

/** A silent provider has already cost a whole time-out, so the same model is not asked again. */
function stalled(): Expected {
  return { ...retried, asked: 1, failure: 'TIMEOUT' };
}

/** The name of the same error in each API. */
type Names = readonly [chat: string, messages: string, generateContent: string];

function refusal(api: WireApi, status: number, names: Names, message = 'No.'): WireAnswer {
  return { status, body: errorBody(api, { status, name: nameOf(api, names), message }) };
}

function nameOf(api: WireApi, [chat, messages, generateContent]: Names): string {
  if (api === 'anthropic.messages') return messages;
  return api === 'google.streamGenerateContent' ? generateContent : chat;
}

function overload(api: WireApi) {
  const name = nameOf(api, ['service_unavailable', 'overloaded_error', 'UNAVAILABLE']);
  return { status: 503, name, message: 'Come back later.' };
}

/** Gemini names the time to wait in the body, the other APIs in a header. */
function rateLimit(api: WireApi, retryAfterSeconds: number | null): WireAnswer {
  const answer = refusal(api, 429, ['rate_limit_exceeded', 'rate_limit_error', 'RESOURCE_EXHAUSTED'], 'Slow down.');
  if (retryAfterSeconds === null) return answer;
  if (api !== 'google.streamGenerateContent') return { ...answer, headers: { 'retry-after': `${retryAfterSeconds}` } };
  const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` };
  const { error } = JSON.parse(String(answer.body));
  return { ...answer, body: JSON.stringify({ error: { ...error, details: [retryInfo] } }) };
}

function outOfMoney(api: WireApi): WireAnswer {
  if (api === 'anthropic.messages') {
    const message = 'Your credit balance is too low to access the Anthropic API.';
    return refusal(api, 400, ['', 'invalid_request_error', ''], message);
  }
  const message = 'You exceeded your current quota, please check your plan and billing details.';
  return refusal(api, 429, ['insufficient_quota', '', 'RESOURCE_EXHAUSTED'], message);
}

function tooLong(api: WireApi): WireAnswer {
  if (api === 'openai.chat') return refusal(api, 400, ['context_length_exceeded', '', '']);
  const sentences = {
    'anthropic.messages': 'prompt is too long: 208310 tokens > 200000 maximum',
    'google.streamGenerateContent': 'The input token count (1200000) exceeds the maximum number of tokens allowed.',
  };
  const message = sentences[api as keyof typeof sentences];
  return refusal(api, 400, ['', 'invalid_request_error', 'INVALID_ARGUMENT'], message);
}

function blocked(api: WireApi): WireAnswer {
  if (api === 'google.streamGenerateContent') {
    return { body: `data: ${JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' } })}\r\n\r\n` };
  }
  const message = 'Output blocked by content filtering policy';
  return refusal(api, 400, ['content_filter', 'invalid_request_error', ''], message);
}
