import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FailureCode, ModelFailure } from '../../../src/ports/language-model.ts';
import { accountOf, expectSettled } from '../../api/asking.ts';
import { until } from '../../credits/house.ts';
import { createScriptedModel } from '../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { AilingModel, labCatalogue } from './lab.ts';
import { makeKey, newProgram, openAI, type Program } from './openai-client.ts';

const hello = [{ role: 'user' as const, content: 'Hello' }];
const ask = { model: 'lab/one', messages: hello };

/** The error that a call of the SDK ends with. */
async function errorOf(asked: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  return asked.then(
    () => expect.unreachable('The call was answered.'),
    (error) => error,
  );
}

describeDatabases('the openai SDK, refused', (database) => {
  let app: TestApp;
  let program: Program;
  const model = new AilingModel();
  const writer = createScriptedModel();
  beforeAll(async () => {
    const [provider] = labCatalogue.providers;
    const [lab] = labCatalogue.models;
    app = await startApp({
      database: database(),
      env: { MOCK_PACE: '1000' },
      catalogue: {
        providers: [...labCatalogue.providers, { ...provider, id: 'desk' }],
        models: [...labCatalogue.models, { ...lab, id: 'desk/one' }],
      },
      languageModels: { lab: model, desk: writer },
      retryDelayMs: 1,
    });
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  it('throws an AuthenticationError without a key, or with one that is no key', async () => {
    for (const apiKey of ['plk_wrong', 'sk-of-somebody-else']) {
      const error = await errorOf(openAI(app, { apiKey }).chat.completions.create(ask));
      expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'invalid_request_error' });
    }
  });

  it('throws a PermissionDeniedError with a key that may only read', async () => {
    const apiKey = await makeKey(program.member, ['READ']);
    const error = await errorOf(openAI(app, { apiKey }).chat.completions.create(ask));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error.message).toContain('PROMPT');
  });

  it('throws a NotFoundError for a model that there is not, and for a path', async () => {
    const error = await errorOf(program.openai.chat.completions.create({ ...ask, model: 'lab/none' }));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(await errorOf(program.openai.models.retrieve('lab/none'))).toMatchObject({ code: 'model_not_found' });
    const elsewhere = await errorOf(program.openai.files.list().then());
    expect(elsewhere).toBeInstanceOf(OpenAI.NotFoundError);
    expect(elsewhere.message).toContain('GET /v1/files');
  });

  it('throws a BadRequestError for embeddings, which it does not ask for again', async () => {
    const { openai } = await newProgram(app, { maxRetries: 2 });
    const error = await errorOf(openai.embeddings.create({ model: 'lab/one', input: 'Hello' }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ status: 400, code: 'unsupported' });
  });

  it.each<[FailureCode, number, string | null]>([
    ['INVALID_REQUEST', 400, null],
    ['CONTEXT_TOO_LONG', 400, 'context_length_exceeded'],
    ['CONTENT_FILTERED', 400, 'content_filter'],
    ['AUTHENTICATION', 502, 'upstream_error'],
    ['RATE_LIMITED', 429, 'rate_limit_exceeded'],
    ['OVERLOADED', 503, 'overloaded'],
    ['TIMEOUT', 504, 'timeout'],
  ])('throws when the provider fails before the first word: %s is %i', async (failure, status, code) => {
    const { member, openai } = await newProgram(app);
    for (const stream of [false, true]) {
      model.failures = Array.from({ length: 10 }, () => new ModelFailure(failure, 'The lab is ill.'));
      const error = await errorOf(openai.chat.completions.create({ ...ask, stream }));
      expect(error).toMatchObject({ status, code });
      expect(error.message).toContain('The lab is ill.');
    }
    const { entries } = await expectSettled(member);
    expect(entries.every(({ amount }) => amount >= 0)).toBe(true);
    model.failures = [];
  });

  it('throws in the middle of a stream that breaks off, which has no end then', async () => {
    const request = {
      model: 'mock/faulty',
      messages: [{ role: 'user' as const, content: 'Break off midway' }],
      stream: true as const,
    };
    const stream = await program.openai.chat.completions.create(request);
    let text = '';
    const read = async () => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    };
    const error = await errorOf(read());
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ type: 'server_error', code: 'upstream_error' });
    expect(text).not.toBe('');
    const raw = await program.openai.chat.completions.create(request).asResponse();
    const body = await raw.text();
    expect(body).toContain('data: {"error":{');
    expect(body).not.toContain('[DONE]');
    expect(body).not.toContain('"finish_reason":"stop"');
  });

  it('asks again after an answer that says so, and is then answered', async () => {
    const { openai } = await newProgram(app, { maxRetries: 2 });
    // The server itself asks three times.
    model.failures = Array.from({ length: 3 }, () => new ModelFailure('RATE_LIMITED', 'Slower, please.'));
    const asked = model.asked;
    const { choices } = await openai.chat.completions.create(ask);
    expect(choices[0]?.message.content).toBe('Well again.');
    expect(model.asked - asked).toBe(4);
  });

  it.each([false, true])('stops an answer that it leaves, and pays what was written (streamed: %s)', async (stream) => {
    const { member, openai } = await newProgram(app);
    const leaving = new AbortController();
    const { completions } = openai.chat;
    const asked = completions.create({ ...ask, model: 'desk/one', stream }, { signal: leaving.signal });
    asked.catch(() => {});
    await until(() => writer.open.length === 1, 'the model is asked');
    const [open] = writer.open;
    open?.push({ type: 'text', text: 'Once upon a time there was a lake. '.repeat(10) });
    const answer = stream ? await asked : null;
    if (answer && Symbol.asyncIterator in answer)
      for await (const { choices } of answer) if (choices[0]?.delta.content) break;
    leaving.abort();
    await until(() => open?.request.signal.aborted === true, 'the model is stopped');
    await until(async () => (await accountOf(member)).held === 0, 'the call is settled');
    const { entries } = await expectSettled(member);
    const charges = entries.filter(({ amount }) => amount < 0);
    expect(charges).toHaveLength(1);
    // At least the 350 characters that were written, and far less than the longest answer.
    expect(-(charges[0]?.amount ?? 0)).toBeGreaterThan(50);
    expect(-(charges[0]?.amount ?? 0)).toBeLessThan(500);
  });
});

describeDatabases('the openai SDK, at its member’s limits', (database) => {
  let app: TestApp;
  let program: Program;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      env: { MOCK_PACE: '1000' },
      catalogue: { ...labCatalogue, tiers: { promptsPerMinute: 1, monthlyCredits: 50_000 } },
      languageModels: { lab: new AilingModel() },
    });
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  it('throws an APIError of status 402 when the credits do not suffice', async () => {
    const text = 'word '.repeat(30_000);
    const error = await errorOf(
      program.openai.chat.completions.create({ ...ask, messages: [{ role: 'user', content: text }] }),
    );
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status: 402, type: 'insufficient_quota', code: 'insufficient_quota' });
  });

  it('throws a RateLimitError that says how long to wait', async () => {
    await program.openai.chat.completions.create(ask);
    const error = await errorOf(program.openai.chat.completions.create(ask));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    const seconds = Number(error.headers?.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });
});
