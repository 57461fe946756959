import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import {
  startWireServer,
  streamBody,
  type WireAnswer,
  type WireApi,
  type WireRequest,
  type WireServer,
} from '../../wire-server.ts';
import { ask, expectSettled, follow, type Stored, storedResponses } from '../asking.ts';

const script = {
  reasoning: ['Let me ', 'think 🤔.'],
  text: ['Grüße, ', '世界 ', '👩‍🚀', '!'],
  usage: { input: 21, output: 8 },
};
const text = script.text.join('');
const reasoning = script.reasoning.join('');

interface Behaviour {
  answer(api: WireApi): WireAnswer;
  becomes: object;
}

const whole = {
  status: 'COMPLETED',
  text,
  reasoning,
  finishReason: 'STOP',
  failure: null,
  usage: { inputTokens: 21, cachedInputTokens: 0, outputTokens: 8, reasoningTokens: 0, estimated: false },
};
const nothing = { status: 'FAILED', text: '', usage: null, creditsCharged: 0 };
const beginning = {
  status: 'FAILED',
  text: 'Grüße, 世界 ',
  reasoning,
  finishReason: null,
  usage: { inputTokens: expect.any(Number) },
};
const failure = (code: string) => ({ failure: { code, message: expect.any(String), retryable: expect.any(Boolean) } });

/** The ways a provider may behave, by the name of the model that behaves so. */
const behaviours: Record<string, Behaviour> = {
  'answers in one piece': { answer: (api) => ({ body: streamBody(api, script) }), becomes: whole },
  'answers in pieces of 1 to 7 bytes': {
    answer: (api) => ({ body: streamBody(api, script), pieces: [1, 2, 3, 4, 5, 6, 7] }),
    becomes: whole,
  },
  'reports no usage': {
    answer: (api) => ({ body: streamBody(api, { text: script.text }) }),
    becomes: { status: 'COMPLETED', text, usage: { estimated: true } },
  },
  'sends NUL and lone surrogates': {
    // JSON escapes carry them, as UTF-8 cannot.
    answer: (api) => ({
      body: streamBody(api, { text: ['nul \0 high \ud83d', ' low \udd25 half \ud83d', '\udd25 end \ud83d'] }),
    }),
    becomes: { status: 'COMPLETED', text: 'nul \ufffd high \ufffd low \ufffd half 🔥 end \ufffd' },
  },
  'is silent before its headers': { answer: () => ({ silent: true }), becomes: { ...nothing, ...failure('TIMEOUT') } },
  'is silent after its headers': {
    answer: () => ({ body: '', ending: 'stall' }),
    becomes: { ...nothing, ...failure('TIMEOUT') },
  },
  'stalls in the middle': {
    answer: (api) => ({ body: beginningOf(api), ending: 'stall' }),
    becomes: { ...beginning, ...failure('TIMEOUT') },
  },
  'resets the connection': {
    answer: (api) => ({ body: beginningOf(api), ending: 'reset' }),
    becomes: { ...beginning, ...failure('CONNECTION') },
  },
  'cuts the connection': {
    answer: (api) => ({ body: beginningOf(api), ending: 'cut' }),
    becomes: { ...beginning, ...failure('CONNECTION') },
  },
  'ends too early': {
    answer: (api) => ({ body: beginningOf(api) }),
    becomes: { ...beginning, ...failure('CONNECTION') },
  },
  'ends before it began': { answer: () => ({ body: '' }), becomes: { ...nothing, status: 'FAILED' } },
  'sends JSON in place of a stream': {
    answer: () => ({ headers: { 'content-type': 'application/json' }, body: '{"hello":"there"}' }),
    becomes: { ...nothing, ...failure('PROVIDER_ERROR') },
  },
  'sends a page in place of a stream': {
    answer: () => ({ headers: { 'content-type': 'text/html' }, body: '<html><h1>Sign in</h1></html>' }),
    becomes: { ...nothing, ...failure('PROVIDER_ERROR') },
  },
  'sends garbage': {
    answer: (api) => ({
      body: `${beginningOf(api)}data: {unreadable}${lineEnd(api)}`,
      pieceDelayMs: 300,
      pieces: [Buffer.byteLength(beginningOf(api))],
    }),
    becomes: { ...beginning, ...failure('PROVIDER_ERROR') },
  },
  'sends bytes of chance': {
    answer: () => ({ body: Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * index * 31) % 256)) }),
    becomes: { ...nothing, status: 'FAILED' },
  },
  'refuses with NUL in its words': {
    answer: () => ({ status: 400, body: JSON.stringify({ error: { message: 'No \0 such \ud800 thing.' } }) }),
    becomes: {
      ...nothing,
      failure: { code: 'INVALID_REQUEST', message: 'No such \ufffd thing.', retryable: false },
      attempts: [{ failure: { code: 'INVALID_REQUEST', message: 'No such \ufffd thing.' } }],
    },
  },
};

describeDatabases('an answer', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  const rejections: unknown[] = [];
  const noteRejection = (reason: unknown) => void rejections.push(reason);
  const stored = new Map<string, { response: Stored; read: object | undefined }>();
  beforeAll(async () => {
    process.on('unhandledRejection', noteRejection);
    wire = await startWireServer();
    wire.respondWith((request) => behaviourOf(request).answer(request.api));
    app = await startApp({
      database: database(),
      wire,
      env: {
        FIRST_TOKEN_TIMEOUT_SECONDS: '9',
        IDLE_TIMEOUT_SECONDS: '9',
        RUNNING_RESPONSES_PER_MEMBER_MAX: '1000',
      },
      catalogue: {
        models: Object.keys(behaviours).flatMap((name) => providers.map((provider) => toModel(provider, name))),
      },
    });
    member = await app.newMember();
    await Promise.all(
      Object.keys(behaviours).map(async (name) => {
        const modelIds = providers.map((provider) => toModel(provider, name).id);
        const { turn } = await ask(member, { prompt: 'Hello?', modelIds });
        const { texts } = await follow(member, turn.id);
        for (const response of await storedResponses(member, turn.id)) {
          stored.set(response.model.id, { response, read: texts.get(response.id) });
        }
      }),
    );
  });
  afterAll(async () => {
    process.off('unhandledRejection', noteRejection);
    await app?.close();
    await wire?.close();
  });

  it.each(Object.entries(behaviours))(
    'is stored as expected by every adapter if the provider %s',
    (name, { becomes }) => {
      for (const provider of providers) {
        const { response, read } = stored.get(`${provider}/${name}`) ?? {};
        expect({ provider, ...response }).toMatchObject({ provider, ...becomes });
        expect(read).toEqual({ text: response?.text, reasoning: response?.reasoning });
      }
    },
  );

  it('leaves nothing held, no rejection unhandled and the server ready, however its provider behaves', async () => {
    await expectSettled(member);
    expect(rejections).toEqual([]);
    expect(app.errors).toEqual([]);
    expect((await fetch(`${app.url}/ready`)).status).toBe(200);
  });
});

const providers = ['openai', 'anthropic', 'google'];

function toModel(provider: string, name: string) {
  return {
    id: `${provider}/${name}`,
    name,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 10_000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    reasoning: true,
  };
}

function behaviourOf({ path, body }: WireRequest): Behaviour {
  const name = body.model ?? decodeURIComponent(/models\/([^:]+):/.exec(path)?.[1] ?? '');
  const behaviour = behaviours[name];
  if (!behaviour) throw new Error(`No model behaves like ${name}`);
  return behaviour;
}

/** The body up to the third piece of text. */
function beginningOf(api: WireApi): string {
  const body = streamBody(api, script);
  return body.slice(0, body.lastIndexOf('data: ', body.indexOf('👩‍🚀'))).replace(/event: \S+\n$/, '');
}

function lineEnd(api: WireApi): string {
  return api === 'google.streamGenerateContent' ? '\r\n\r\n' : '\n\n';
}
