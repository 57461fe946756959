import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { expectSettled } from '../../api/asking.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { all, newProgram, type Program } from './openai-client.ts';

describeDatabases('the AI SDK with @ai-sdk/openai-compatible', (database) => {
  let app: TestApp;
  let program: Program;
  beforeAll(async () => {
    app = await startApp({ database: database(), env: { MOCK_PACE: '1000' } });
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const model = (id: string) =>
    createOpenAICompatible({
      name: 'polylogue',
      baseURL: `${app.url}/v1`,
      apiKey: program.key,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(id);
  const weather = tool({
    description: 'The weather of a city.',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `Fog in ${city}`,
  });

  it('generates a text, with its usage', async () => {
    const { text, finishReason, usage } = await generateText({ model: model('mock/swift'), prompt: 'Hello tides' });
    expect(text).toContain('**Hello**');
    expect(finishReason).toBe('stop');
    expect(usage.totalTokens).toBeGreaterThan(0);
  });

  it('streams a text and the reasoning before it', async () => {
    const result = streamText({ model: model('mock/thinker'), prompt: 'Hello tides' });
    const pieces = await all(result.textStream);
    expect(pieces.length).toBeGreaterThan(1);
    expect(await result.reasoningText).toContain('The prompt is');
    expect(await result.text).not.toContain('The prompt is');
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
    expect(await result.finishReason).toBe('stop');
  });

  it('has tools called until the model answers', async () => {
    const request = {
      model: model('mock/swift'),
      prompt: 'Ask get_weather about Oslo',
      tools: { get_weather: weather },
      stopWhen: stepCountIs(3),
    };
    const { text, steps } = await generateText(request);
    expect(steps).toHaveLength(2);
    expect(text).toBe('The tool get_weather answered: “Fog in Oslo”.');
    const streamed = streamText(request);
    expect(await streamed.text).toBe(text);
    expect((await streamed.steps)[0]?.toolCalls[0]?.input).toEqual({ city: 'Oslo' });
  });

  it('generates an object of a schema', async () => {
    const schema = z.object({ name: z.string(), age: z.number() });
    const { object } = await generateObject({ model: model('mock/swift'), prompt: 'Somebody', schema });
    expect(schema.parse(object)).toEqual(object);
  });

  it('is refused with the server’s words and status', async () => {
    const asked = generateText({ model: model('mock/none'), prompt: 'Hello', maxRetries: 0 });
    await expect(asked).rejects.toMatchObject({ statusCode: 404, message: expect.stringContaining('mock/none') });
    const broken = streamText({ model: model('mock/faulty'), prompt: 'Break midway', maxRetries: 0, onError() {} });
    const parts = await all(broken.fullStream);
    expect(parts.some(({ type }) => type === 'error')).toBe(true);
    await expectSettled(program.member);
  });
});
