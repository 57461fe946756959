import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { anthropicAt } from '../anthropic/anthropic-client.ts';
import { labCatalogue } from './lab.ts';
import { all, makeKey, newProgram, type Program } from './openai-client.ts';

describeDatabases('the models of a program', (database) => {
  let app: TestApp;
  let program: Program;
  beforeAll(async () => {
    const [lab] = labCatalogue.models;
    app = await startApp({
      database: database(),
      catalogue: {
        ...labCatalogue,
        models: [
          ...labCatalogue.models,
          { ...lab, id: 'lab/org/two:free', name: 'Two' },
          { ...lab, id: 'lab/dear', name: 'Dear', minimumTier: 'PRO' },
          { ...lab, id: 'lab/off', name: 'Off' },
        ],
      },
    });
    const admin = await app.newMember();
    await admin.gql('mutation { setModelEnabled(modelId: "lab/off", enabled: false) { id } }');
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const idsOf = async (list: AsyncIterable<{ id: string }>) => (await all(list)).map(({ id }) => id);

  it('are those that its member may use: of its plan, configured and switched on', async () => {
    const models = await all(program.openai.models.list());
    const ids = models.map(({ id }) => id);
    expect(ids).toContain('lab/one');
    expect(ids).toContain('mock/swift');
    expect(ids).not.toContain('lab/dear');
    expect(ids).not.toContain('lab/off');
    expect(ids.filter((id) => id.startsWith('openai/'))).toEqual([]);
    expect(models.find(({ id }) => id === 'lab/one')).toEqual({
      id: 'lab/one',
      object: 'model',
      created: 0,
      owned_by: 'lab',
    });
  });

  it('are found by their ids, with slashes as they are or escaped', async () => {
    expect(await program.openai.models.retrieve('lab/org/two:free')).toMatchObject({ id: 'lab/org/two:free' });
    const headers = { authorization: `Bearer ${program.key}` };
    for (const path of ['lab/org/two:free', 'lab%2Forg%2Ftwo%3Afree']) {
      const response = await fetch(`${app.url}/v1/models/${path}`, { headers });
      expect(await response.json()).toMatchObject({ id: 'lab/org/two:free' });
    }
  });

  it.each(['lab/dear', 'lab/off', 'openai/gpt-4.1', 'none', '%ff'])('are not found if not usable: %s', async (id) => {
    const headers = { authorization: `Bearer ${program.key}` };
    const response = await fetch(`${app.url}/v1/models/${id}`, { headers });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
  });

  it('are listed for a key of any use, and for nobody without one', async () => {
    const headers = { authorization: `Bearer ${await makeKey(program.member, ['PROMPT'])}` };
    expect((await fetch(`${app.url}/v1/models`, { headers })).status).toBe(200);
    const refused = await fetch(`${app.url}/v1/models`);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  it('are listed for Anthropic’s SDK in its own form, as are refusals', async () => {
    const anthropic = anthropicAt(app, { apiKey: program.key });
    const ids = await idsOf(anthropic.models.list());
    expect(ids).toEqual(await idsOf(program.openai.models.list()));
    const page = await anthropic.models.list();
    expect([page.has_more, page.first_id, page.last_id]).toEqual([false, ids[0], ids.at(-1)]);
    expect(await anthropic.models.retrieve('lab/one')).toMatchObject({
      type: 'model',
      id: 'lab/one',
      display_name: 'One',
      created_at: '1970-01-01T00:00:00Z',
    });
    const error = await anthropic.models.retrieve('lab/none').catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Anthropic.NotFoundError);
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  });
});
