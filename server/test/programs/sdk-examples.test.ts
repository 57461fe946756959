import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { runExample } from '../setup/examples.ts';

describe('the examples with the SDKs of OpenAI and Anthropic', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let app: TestApp;
  let env: Record<string, string>;

  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({ database, env: { MOCK_PACE: '100' } });
    const member = await app.newMember();
    const { createApiKey } = await member.gql('mutation { createApiKey(name: "example") { secret } }');
    env = { POLYLOGUE_URL: app.url, POLYLOGUE_API_KEY: createApiKey.secret };
  });

  afterAll(async () => {
    await app?.close();
    await database?.close();
  });

  it('openai-sdk: lists the models, and prints an answer and its tokens', async () => {
    const printed = await runExample('openai-sdk', ['Hello', 'mock/swift'], env);
    expect(printed).toMatch(/^Models: .*mock\/swift.*\n\n.+\n\nmock\/swift: \d+ tokens in, \d+ out\n$/s);
  });

  it('anthropic-sdk: prints an answer and its tokens', async () => {
    const printed = await runExample('anthropic-sdk', ['Hello', 'mock/swift'], env);
    expect(printed).toMatch(/^.+\n\nmock\/swift: \d+ tokens in, \d+ out\n$/s);
  });

  it.each(['openai-sdk', 'anthropic-sdk'])('%s: fails with a key that is not one', async (name) => {
    const wrong = { ...env, POLYLOGUE_API_KEY: 'plk_nobody' };
    await expect(runExample(name, ['Hello', 'mock/swift'], wrong)).rejects.toThrow(/401/);
  });
});
