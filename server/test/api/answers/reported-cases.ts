import type { FailureCode, FinishReason } from '../../../src/ports/language-model.ts';
import type { WireAnswer } from '../../wire-server.ts';

/** A provider answer that a user of some system reported, with the outcome expected here. */
export interface ReportedCase {
  case: string;
  provider: 'compat' | 'anthropic' | 'google' | 'perplexity';
  answer: Pick<WireAnswer, 'status' | 'headers' | 'body' | 'encoding' | 'pauses' | 'pieces' | 'ending'>;
  expect: Expected;
  /** The public report behind the case. */
  source?: string;
  /** Fields added to the model's entry in the catalogue file. */
  entry?: object;
}

/** Only the fields that are present are compared. */
export interface Expected {
  status?: 'COMPLETED' | 'FAILED';
  /** Trimmed, as `reasoning` is. */
  text?: string;
  reasoning?: string;
  finish?: FinishReason | null;
  code?: FailureCode;
  /** A part of the failure's message. */
  says?: string;
  retryable?: boolean;
  charged?: 'some' | 'none';
  estimated?: boolean;
  /** Billed tokens. */
  input?: number;
  output?: number;
  outputMin?: number;
  /** The number of requests that the provider received. */
  calls?: number;
  /** The shortest time in ms between two of these requests. */
  spacedMs?: number;
}

const events = (lineEnd: string, ...data: (object | string)[]) =>
  data.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}${lineEnd}${lineEnd}`).join('');
const choice = (delta: object, finishReason: string | null = null, index = 0) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  choices: [{ index, delta, finish_reason: finishReason }],
});
const say = (content: string) => choice({ content });
const stop = choice({}, 'stop');
const used = (usage: object) => ({ id: 'c1', object: 'chat.completion.chunk', choices: [], usage });
const usual = used({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 });
const chat = (...chunks: (object | string)[]) => events('\n', ...chunks, '[DONE]');
const sentence = 'A whole sentence that nobody upstream has counted, though it was written.';

const begun = {
  type: 'message_start',
  message: { id: 'm', content: [], usage: { input_tokens: 1000, output_tokens: 1 } },
};
const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
const wrote = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
const ended = (reason: string, usage: object | undefined) => ({
  type: 'message_delta',
  delta: { stop_reason: reason },
  ...(usage && { usage }),
});
const messages = (...more: (object | string)[]) => events('\n', begun, block, ...more);

const part = (
  text: string,
  more: object = {},
  usage: object | null = { promptTokenCount: 10, candidatesTokenCount: 5 },
) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...more }],
  ...(usage && { usageMetadata: usage }),
});
const content = (...more: (object | string)[]) => events('\r\n', ...more);

const refused = (status: number, error: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(error),
});

type Row = [
  name: string,
  provider: ReportedCase['provider'],
  answer: ReportedCase['answer'] | string,
  expect: Expected,
];

const rows: Row[] = [
  // 1. An impossible usage report is ignored, and a later report never lowers an earlier one.
  [
    'usage-strings',
    'compat',
    chat(say('Hi'), stop, used({ prompt_tokens: '10', completion_tokens: '5' })),
    { input: 10, output: 5, estimated: false },
  ],
  [
    'usage-words',
    'compat',
    chat(say(sentence), stop, used({ prompt_tokens: 'few', completion_tokens: 'many' })),
    { estimated: true, charged: 'some', outputMin: 10 },
  ],
  [
    'usage-negative',
    'compat',
    chat(say(sentence), stop, used({ prompt_tokens: -1, completion_tokens: -1 })),
    { estimated: true, charged: 'some', outputMin: 10 },
  ],
  [
    'usage-no-output',
    'compat',
    chat(say(sentence), stop, used({ prompt_tokens: 77, completion_tokens: 0 })),
    { estimated: true, input: 77, outputMin: 10 },
  ],
  [
    'usage-zeros-after',
    'compat',
    chat(say('Hi'), stop, usual, used({ prompt_tokens: 0, completion_tokens: 0 })),
    { input: 10, output: 5, estimated: false },
  ],
  [
    'usage-perplexity-zeros',
    'perplexity',
    chat({ ...say(sentence), usage: { prompt_tokens: 0, completion_tokens: 0 } }, stop),
    { estimated: true, charged: 'some', outputMin: 10 },
  ],
  [
    'anthropic-zeros',
    'anthropic',
    messages(wrote(sentence), ended('end_turn', { input_tokens: 0, output_tokens: 0 }), { type: 'message_stop' }),
    { status: 'COMPLETED', input: 1000, outputMin: 10, estimated: true },
  ],
  [
    'anthropic-no-end-usage',
    'anthropic',
    messages(wrote(sentence), ended('end_turn', undefined), { type: 'message_stop' }),
    { status: 'COMPLETED', input: 1000, outputMin: 10, estimated: true },
  ],
  [
    'gemini-no-output',
    'google',
    content(part(sentence, { finishReason: 'STOP' }, { promptTokenCount: 10 })),
    { status: 'COMPLETED', input: 10, outputMin: 10, estimated: true },
  ],
  [
    'gemini-lower-later',
    'google',
    content(
      part('Hel', {}, { promptTokenCount: 10, candidatesTokenCount: 9 }),
      part('lo', { finishReason: 'STOP' }, { promptTokenCount: 0, candidatesTokenCount: 0 }),
    ),
    { text: 'Hello', input: 10, output: 9, estimated: false },
  ],

  // 2. A response that is no answer is a failure.
  [
    'error-detail',
    'compat',
    chat({ detail: 'The engine is gone.' }),
    { status: 'FAILED', says: 'engine is gone', charged: 'none' },
  ],
  [
    'error-msg',
    'compat',
    chat(say('Half'), { code: 20015, msg: 'Inference failed.' }),
    { status: 'FAILED', text: 'Half', says: 'Inference failed' },
  ],
  [
    'error-minimax',
    'compat',
    chat({ choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
    { status: 'FAILED', code: 'QUOTA_EXCEEDED', calls: 1 },
  ],
  [
    'error-in-choice',
    'compat',
    chat({
      choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { code: 502, message: 'Upstream went away.' } }],
    }),
    { status: 'FAILED', says: 'Upstream went away' },
  ],
  [
    'error-event-of-words',
    'compat',
    'event: error\ndata: the worker crashed\n\n',
    { status: 'FAILED', says: 'the worker crashed' },
  ],
  [
    'error-anthropic-bare',
    'anthropic',
    messages(wrote('Half'), { code: 500, message: 'internal error' }),
    { status: 'FAILED', text: 'Half', says: 'internal error' },
  ],
  [
    'error-gemini-bare',
    'google',
    content(part('Half'), { code: 503, message: 'The model is overloaded.' }),
    { status: 'FAILED', text: 'Half', code: 'OVERLOADED' },
  ],
  [
    'success-is-no-error',
    'compat',
    chat(say('Hi'), stop, { code: 0, message: 'Success' }),
    { status: 'COMPLETED', text: 'Hi' },
  ],
  [
    'empty-stop',
    'compat',
    chat(choice({ role: 'assistant', content: '' }), stop, usual),
    { status: 'FAILED', retryable: true, charged: 'none', calls: 3 },
  ],
  [
    'empty-anthropic',
    'anthropic',
    messages(ended('end_turn', { output_tokens: 2 }), { type: 'message_stop' }),
    { status: 'FAILED', retryable: true, charged: 'none' },
  ],
  [
    'empty-gemini',
    'google',
    content(part('', { finishReason: 'STOP' })),
    { status: 'FAILED', retryable: true, charged: 'none' },
  ],
  [
    'only-a-refusal',
    'compat',
    chat(choice({ refusal: 'No.' }), stop, usual),
    { status: 'COMPLETED', finish: 'REFUSAL' },
  ],
  [
    'only-a-tool-call',
    'compat',
    chat(choice({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '{}' } }] }), stop, usual),
    { status: 'COMPLETED', finish: 'TOOL_CALLS' },
  ],
  ['empty-at-the-limit', 'compat', chat(choice({}, 'length'), usual), { status: 'COMPLETED', finish: 'LENGTH' }],
  [
    'finish-network_error',
    'compat',
    chat(say('Half'), choice({}, 'network_error')),
    { status: 'FAILED', text: 'Half' },
  ],
  [
    'finish-MAX_TOKENS',
    'compat',
    chat(say('Half'), choice({}, 'MAX_TOKENS'), usual),
    { status: 'COMPLETED', finish: 'LENGTH' },
  ],
  [
    'finish-sensitive',
    'compat',
    chat(say('Half'), choice({}, 'sensitive'), usual),
    { status: 'COMPLETED', finish: 'CONTENT_FILTER' },
  ],
  ['finish-SAFETY', 'compat', chat(say('Half'), choice({}, 'SAFETY'), usual), { finish: 'CONTENT_FILTER' }],
  [
    'finish-unheard-of',
    'compat',
    chat(say('Half'), choice({}, 'moon_phase'), usual),
    { status: 'COMPLETED', finish: 'OTHER' },
  ],
  [
    'finish-anthropic-abort',
    'anthropic',
    messages(wrote('Half'), ended('abort', { output_tokens: 5 }), { type: 'message_stop' }),
    { status: 'FAILED', text: 'Half' },
  ],

  // 3. The tags of a thinking model.
  [
    'think-perplexity',
    'perplexity',
    chat(say('<think>Hm.</think>\n\nYes.'), stop, usual),
    { text: 'Yes.', reasoning: 'Hm.' },
  ],
  [
    'think-unclosed',
    'compat',
    chat(say('<think>'), say('Hm. <b'), choice({}, 'length'), usual),
    { status: 'COMPLETED', text: '', reasoning: 'Hm. <b', finish: 'LENGTH' },
  ],
  [
    'think-later',
    'compat',
    chat(say('Write <think>'), say('x</think>'), stop, usual),
    { text: 'Write <think>x</think>', reasoning: '', estimated: false },
  ],
  ['think-half-a-tag', 'compat', chat(say('<th'), stop, usual), { text: '<th', reasoning: '', estimated: false }],
  [
    'think-anthropic-is-text',
    'anthropic',
    messages(wrote('<think>x</think>y'), ended('end_turn', { output_tokens: 5 }), { type: 'message_stop' }),
    { text: '<think>x</think>y' },
  ],
  [
    'reasoning-null',
    'compat',
    chat(choice({ content: null, reasoning_content: null, reasoning: 'Hm.' }), say('Yes.'), stop, usual),
    { text: 'Yes.', reasoning: 'Hm.' },
  ],

  // 4. A complete answer stays complete.
  [
    'no-last-blank-line',
    'compat',
    chat(say('Hello'), stop, usual).replace(/\n\ndata: \[DONE\]\n\n$/, ''),
    { status: 'COMPLETED', text: 'Hello', input: 10, output: 5 },
  ],
  [
    'cut-after-usage',
    'compat',
    { body: events('\n', say('Hello'), stop, usual), ending: 'cut' },
    { status: 'COMPLETED', text: 'Hello', finish: 'STOP', calls: 1 },
  ],
  [
    'stall-after-usage',
    'compat',
    {
      pauses: [
        [events('\n', say('Hello'), stop, usual), 3000],
        ['', 0],
      ],
    },
    { status: 'COMPLETED', text: 'Hello', finish: 'STOP' },
  ],
  [
    'no-message-stop',
    'anthropic',
    messages(wrote('Hello'), ended('end_turn', { output_tokens: 5 })),
    { status: 'COMPLETED', text: 'Hello', output: 5 },
  ],
  [
    'done-before-the-stop',
    'anthropic',
    messages(wrote('Hel'), '[DONE]'),
    { status: 'FAILED', text: 'Hel', code: 'CONNECTION' },
  ],
  [
    'gemini-done-before-the-finish',
    'google',
    content(part('Hel'), '[DONE]'),
    { status: 'FAILED', text: 'Hel', code: 'CONNECTION' },
  ],
  [
    'second-choice',
    'compat',
    chat(say('One'), choice({ content: 'Other' }, null, 1), choice({}, 'length', 1), stop, usual),
    { text: 'One', finish: 'STOP' },
  ],
  [
    'gemini-second-candidate',
    'google',
    content(
      { candidates: [{ content: { parts: [{ text: 'Other' }] }, index: 1 }] },
      part('One', { finishReason: 'STOP' }),
    ),
    { text: 'One' },
  ],
  [
    'whole-message',
    'compat',
    chat(
      { choices: [{ index: 0, message: { role: 'assistant', content: 'All of it.' }, finish_reason: 'stop' }] },
      usual,
    ),
    { status: 'COMPLETED', text: 'All of it.' },
  ],

  // 5. Compressed bodies, and bodies that are not text.
  ...(['gzip', 'deflate', 'deflate-raw', 'br'] as const).flatMap((encoding): Row[] => [
    [
      `${encoding}-split`,
      'compat',
      { encoding, body: chat(say('pack'), say('ed 👩‍🚀'), stop, usual), pieces: [50] },
      { status: 'COMPLETED', text: 'packed 👩‍🚀' },
    ],
    [
      `${encoding}-slow`,
      'google',
      {
        encoding,
        pauses: [
          [content(part('Hel')), 300],
          [content(part('lo', { finishReason: 'STOP' })), 0],
        ],
      },
      { text: 'Hello' },
    ],
    [
      `${encoding}-refusal`,
      'anthropic',
      {
        ...refused(400, {
          type: 'error',
          error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
        }),
        encoding,
      },
      { code: 'CONTEXT_TOO_LONG', says: 'prompt is too long' },
    ],
  ]),
  [
    'gzip-in-name-only',
    'compat',
    { headers: { 'content-encoding': 'gzip' }, body: chat(say('plain'), stop, usual) },
    { text: 'plain' },
  ],

  // 6. The first-token limit applies until the first character, the idle limit from then on.
  [
    'keep-alives',
    'compat',
    {
      pauses: [
        [': ping\n\n', 900],
        [': ping\n\n', 900],
        [': ping\n\n', 900],
        [chat(say('At last'), stop, usual), 0],
      ],
    },
    { status: 'COMPLETED', text: 'At last' },
  ],
  [
    'silence-after-a-word',
    'compat',
    {
      pauses: [
        [events('\n', say('One')), 4000],
        [chat(say('two'), stop), 0],
      ],
    },
    { status: 'FAILED', text: 'One', code: 'TIMEOUT' },
  ],

  // 7. The failure code names who is at fault.
  [
    'zhipu-1113',
    'compat',
    refused(429, { error: { code: '1113', message: '余额不足或无可用资源包,请充值。' } }),
    { code: 'QUOTA_EXCEEDED', calls: 1, charged: 'none' },
  ],
  [
    'moonshot-suspended',
    'compat',
    refused(429, {
      error: { type: 'exceeded_current_quota_error', message: 'Your account is suspended, please check your plan.' },
    }),
    { code: 'QUOTA_EXCEEDED', calls: 1 },
  ],
  [
    'new-api-403',
    'compat',
    refused(403, {
      error: { code: 'insufficient_user_quota', type: 'new_api_error', message: 'user quota is not enough' },
    }),
    { code: 'QUOTA_EXCEEDED', calls: 1 },
  ],
  [
    'wait-in-words',
    'compat',
    refused(429, { error: { message: 'Rate limit reached. Please try again in 25s.' } }),
    { code: 'RATE_LIMITED', calls: 1 },
  ],
  [
    'retry-after-zero',
    'compat',
    refused(429, { error: { message: 'Slow down.' } }, { 'retry-after': '0' }),
    { code: 'RATE_LIMITED', calls: 3, spacedMs: 350 },
  ],
  [
    'retry-after-past',
    'anthropic',
    refused(
      529,
      { error: { type: 'overloaded_error', message: 'Busy.' } },
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' },
    ),
    { code: 'OVERLOADED', calls: 3, spacedMs: 350 },
  ],
  [
    'wrong-base-url',
    'compat',
    { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><h1>404</h1></html>' },
    { status: 'FAILED', says: 'base URL http://127.0.0.1:', retryable: false, calls: 1 },
  ],
  [
    'unknown-model',
    'compat',
    refused(404, { error: { message: 'The model `x` does not exist', code: 'model_not_found' } }),
    { code: 'MODEL_NOT_FOUND', says: 'does not exist' },
  ],

  // 9. Peculiarities of self-hosted servers.
  [
    'llama-error-field',
    'compat',
    `error: ${JSON.stringify({ code: 500, message: 'Failed to load the model', type: 'server_error' })}\n\n`,
    { status: 'FAILED', code: 'PROVIDER_ERROR', says: 'Failed to load the model', charged: 'none' },
  ],
  [
    'llama-error-field-after-text',
    'compat',
    `${events('\n', say('Half'))}error: ${JSON.stringify({ error: { code: 500, message: 'Slot lost', type: 'server_error' } })}\n\n`,
    { status: 'FAILED', text: 'Half', says: 'Slot lost', charged: 'some' },
  ],
  [
    'lm-studio-unknown-path',
    'compat',
    {
      headers: { 'content-type': 'application/json' },
      body: '{"error":"Unexpected endpoint or method. (POST /chat/completions)"}',
    },
    { status: 'FAILED', says: 'base URL http://127.0.0.1:', calls: 1 },
  ],
];

/** Variants that no report names yet, by the kind of fault. */
export const reportedCases: readonly ReportedCase[] = rows
  .map(([name, provider, answer, expected]) => ({
    case: name,
    provider,
    answer: typeof answer === 'string' ? { body: answer } : answer,
    expect: expected,
  }))
  .concat({
    case: 'think-switched-off',
    provider: 'compat',
    answer: { body: chat(say('<think>x</think>y'), stop, usual) },
    expect: { text: '<think>x</think>y', reasoning: '' },
    entry: { thinkTags: false },
  } as ReportedCase);
