import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from '../credits/house.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const fields = `id name models { id access { allowed denial } } systemPrompt prompt temperature topP maxOutputTokens
  shared changeable`;
const createDocument = `mutation ($input: PresetInput!) { createPreset(input: $input) { ${fields} } }`;
const updateDocument = `mutation ($id: ID!, $input: PresetInput!) { updatePreset(id: $id, input: $input) { ${fields} } }`;
const deleteDocument = 'mutation ($id: ID!) { deletePreset(id: $id) }';
const listDocument = `{ viewer { presets { ${fields} } defaultPreset { name } } }`;
const favouriteDocument = `mutation ($modelId: ID!, $favourite: Boolean!) {
  setFavouriteModel(modelId: $modelId, favourite: $favourite) { id }
}`;

describeDatabases('presets', (database) => {
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database(), catalogue: { tiers: { modelsPerPrompt: 2 } } });
    admin = await app.newMember('Admin');
  });
  beforeEach(async () => {
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const create = async (client: Client, input: object) => (await client.gql(createDocument, { input })).createPreset;
  const update = async (client: Client, id: string, input: object) =>
    (await client.gql(updateDocument, { id, input })).updatePreset;
  const namesOf = async (client: Client) =>
    (await client.gql(listDocument)).viewer.presets.map(({ name }: { name: string }) => name);
  const refusalOf = async (client: Client, document: string, variables: object) => {
    const { errors } = await client.post(document, { ...variables });
    return errors?.[0]?.extensions;
  };

  it('keep what they were made with, and change what an input names', async () => {
    const made = await create(member, {
      name: '  Code review ',
      modelIds: ['mock/swift', 'mock/poet'],
      systemPrompt: 'Be strict.',
      prompt: 'Review {{code}}',
      temperature: 0.2,
      maxOutputTokens: 500,
    });
    expect(made).toMatchObject({
      name: 'Code review',
      models: [{ id: 'mock/swift' }, { id: 'mock/poet' }],
      systemPrompt: 'Be strict.',
      prompt: 'Review {{code}}',
      temperature: 0.2,
      topP: null,
      maxOutputTokens: 500,
      shared: false,
      changeable: true,
    });
    const changed = await update(member, made.id, { name: 'Review', topP: 0.5, temperature: null, systemPrompt: ' ' });
    expect(changed).toEqual({ ...made, name: 'Review', topP: 0.5, temperature: null, systemPrompt: null });
    expect((await member.gql(listDocument)).viewer.presets).toEqual([changed]);
    await member.gql(deleteDocument, { id: made.id });
    expect(await namesOf(member)).toEqual([]);
    expect(await refusalOf(member, deleteDocument, { id: made.id })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are their member’s alone: others neither see, change nor delete them', async () => {
    const { id } = await create(member, { name: 'Mine' });
    const other = await app.newMember();
    for (const client of [other, admin]) {
      expect(await namesOf(client)).toEqual([]);
      expect((await client.gql('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
      expect(await refusalOf(client, updateDocument, { id, input: { name: 'Theirs' } })).toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await refusalOf(client, deleteDocument, { id })).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('refuse bad input with the field that is wrong, and stay as they were', async () => {
    const { id } = await create(member, { name: 'Taken', temperature: 1 });
    const second = await create(member, { name: 'Second' });
    for (const [input, field] of [
      [{ name: 'TAKEN' }, 'name'],
      [{ name: ' \u200b ' }, 'name'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ prompt: 'x'.repeat(100_001) }, 'prompt'],
      [{ systemPrompt: 'x'.repeat(100_001) }, 'systemPrompt'],
      [{ temperature: 3 }, 'parameters.temperature'],
      [{ topP: 0 }, 'parameters.topP'],
      [{ maxOutputTokens: 0 }, 'parameters.maxOutputTokens'],
      [{ modelIds: Array(101).fill('mock/swift') }, 'modelIds'],
    ] as const) {
      const added = { name: 'New' };
      const refused = { code: 'BAD_USER_INPUT', field };
      expect(await refusalOf(member, updateDocument, { id: second.id, input })).toMatchObject(refused);
      expect(await refusalOf(member, createDocument, { input: { ...added, ...input } })).toMatchObject(refused);
    }
    const many = { name: 'Many', modelIds: Array(3).fill('mock/swift') };
    expect(await refusalOf(member, createDocument, { input: many })).toMatchObject({
      code: 'TIER_LIMIT',
      requiredTier: 'PRO',
    });
    const unknown = { name: 'Unknown', modelIds: ['mock/nobody'] };
    expect(await refusalOf(member, createDocument, { input: unknown })).toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    expect(await namesOf(member)).toEqual(['Second', 'Taken']);
    expect(await update(member, id, { name: 'taken' })).toMatchObject({ name: 'taken', temperature: 1 });
  });

  it('tell which of their models are gone or not in the plan, and keep them when renamed', async () => {
    const { id } = await create(member, { name: 'Old friends', modelIds: ['mock/swift', 'mock/oracle'] });
    await database()
      .db.updateTable('preset')
      .set({ model_ids: ['mock/gone', 'mock/oracle', 'mock/swift'] })
      .where('name', '=', 'Old friends')
      .execute();
    const renamed = await update(member, id, { name: 'Friends' });
    expect(renamed.models).toEqual([
      { id: 'mock/gone', access: { allowed: false, denial: 'DISABLED' } },
      { id: 'mock/oracle', access: { allowed: false, denial: 'TIER_TOO_LOW' } },
      { id: 'mock/swift', access: { allowed: true, denial: null } },
    ]);
    const shorter = await update(member, id, { modelIds: ['mock/gone', 'mock/swift'] });
    expect(shorter.models.map(({ id: modelId }: { id: string }) => modelId)).toEqual(['mock/gone', 'mock/swift']);
  });

  it('are shared with all members by admins alone, who change them whoever made them', async () => {
    expect(await refusalOf(member, createDocument, { input: { name: 'For all', shared: true } })).toMatchObject({
      code: 'FORBIDDEN',
    });
    const shared = await create(admin, { name: 'House style', shared: true, modelIds: ['mock/swift'] });
    const own = await create(member, { name: 'House style' });
    expect(await refusalOf(member, updateDocument, { id: own.id, input: { shared: true } })).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect((await member.gql(listDocument)).viewer.presets).toMatchObject([
      { name: 'House style', shared: false, changeable: true },
      { name: 'House style', shared: true, changeable: false },
    ]);
    for (const [document, more] of [
      [updateDocument, { input: { name: 'Mine' } }],
      [deleteDocument, {}],
    ] as const) {
      expect(await refusalOf(member, document, { id: shared.id, ...more })).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await refusalOf(admin, createDocument, { input: { name: 'house STYLE', shared: true } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'name',
    });

    const second = await secondAdmin();
    const key = await admin.gql('mutation { createApiKey(name: "prompts", scopes: [PROMPT, READ]) { secret } }');
    const program = connect(app.url, { key: key.createApiKey.secret });
    expect(await refusalOf(program, updateDocument, { id: shared.id, input: { name: 'X' } })).toMatchObject({
      code: 'FORBIDDEN',
    });
    await update(second, shared.id, { name: 'Our style' });
    expect(await update(second, shared.id, { shared: false })).toMatchObject({ shared: false, changeable: true });
    expect(await namesOf(admin)).toEqual([]);
    await update(second, shared.id, { shared: true });
    await second.gql(deleteDocument, { id: shared.id });
    const { auditLog } = (await admin.gql('{ admin { auditLog(first: 5) { edges { node { action target } } } } }'))
      .admin;
    expect(auditLog.edges.slice(0, 4).map(({ node }: { node: object }) => node)).toEqual([
      { action: 'deletePreset', target: 'Our style' },
      { action: 'sharePreset', target: 'Our style' },
      { action: 'unsharePreset', target: 'Our style' },
      { action: 'changePreset', target: 'Our style' },
    ]);
  });

  it('may be the default of new conversations if they are shared, until they are gone', async () => {
    const setDocument = 'mutation ($id: ID) { setDefaultPreset(id: $id) { name } }';
    const own = await create(admin, { name: 'Not shared' });
    expect(await refusalOf(admin, setDocument, { id: own.id })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusalOf(member, setDocument, { id: null })).toMatchObject({ code: 'FORBIDDEN' });
    const { id } = await update(admin, own.id, { shared: true });
    await admin.gql(setDocument, { id });
    const defaultOf = async () => (await member.gql(listDocument)).viewer.defaultPreset;
    expect(await defaultOf()).toEqual({ name: 'Not shared' });
    await update(admin, id, { shared: false });
    expect(await defaultOf()).toBeNull();
    await update(admin, id, { shared: true });
    expect(await defaultOf()).toEqual({ name: 'Not shared' });
    await admin.gql(setDocument, { id: null });
    expect(await defaultOf()).toBeNull();
    await admin.gql(setDocument, { id });
    await admin.gql(deleteDocument, { id });
    expect(await defaultOf()).toBeNull();
  });

  it('of a member who races have one name each, and no more than there is room for', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => member.post(createDocument, { input: { name: 'Once' } })),
    );
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    const { user_id } = await database()
      .db.selectFrom('preset')
      .select('user_id')
      .where('name', '=', 'Once')
      .executeTakeFirstOrThrow();
    const rows = Array.from({ length: 198 }, (_, index) => ({
      id: crypto.randomUUID(),
      user_id,
      name: `Preset ${index}`,
      model_ids: [],
      system_prompt: null,
      prompt: null,
      parameters: '{}',
    }));
    await database().db.insertInto('preset').values(rows).execute();
    await create(member, { name: 'The last' });
    expect(await refusalOf(member, createDocument, { input: { name: 'One more' } })).toMatchObject({ field: 'name' });
    expect(await namesOf(member)).toHaveLength(200);
  });

  it('and favourite models are in the member’s own data, and go with the account but for the shared ones', async () => {
    const leaver = await secondAdmin();
    await create(leaver, { name: 'Own thoughts', prompt: 'A secret' });
    const shared = await create(leaver, { name: 'Left behind', shared: true });
    expect(await favourites(leaver, 'mock/poet')).toEqual(['mock/poet']);
    const data = await (await fetch(`${app.url}/export/my-data.json`, { headers: { cookie: leaver.cookie } })).json();
    expect(data).toMatchObject({
      favouriteModels: ['mock/poet'],
      presets: [
        { name: 'Own thoughts', prompt: 'A secret' },
        { name: 'Left behind', shared: true },
      ],
    });
    const { viewer } = await leaver.gql('{ viewer { id } }');
    await admin.gql('mutation ($id: ID!) { deleteMember(userId: $id) }', {
      id: Buffer.from(Buffer.from(viewer.id, 'base64').toString().replace('Viewer', 'User')).toString('base64'),
    });
    const { db } = database();
    await until(async () => {
      const presets = await db.selectFrom('preset').select('id').where('name', '=', 'Own thoughts').execute();
      const marked = await db.selectFrom('favourite_model').select('model_id').execute();
      return presets.length + marked.length === 0;
    }, 'everything of the member’s own is deleted');
    expect(await namesOf(member)).toEqual(['Left behind']);
    await admin.gql(deleteDocument, { id: shared.id });
  });

  it('favourite models are marked once, and unmarked also when they are gone', async () => {
    await favourites(member, 'mock/sage');
    expect(await favourites(member, 'mock/swift')).toEqual(['mock/sage', 'mock/swift']);
    expect(await favourites(member, 'mock/swift')).toEqual(['mock/sage', 'mock/swift']);
    expect(await refusalOf(member, favouriteDocument, { modelId: 'mock/nobody', favourite: true })).toMatchObject({
      code: 'MODEL_UNAVAILABLE',
    });
    expect(await favourites(member, 'mock/nobody', false)).toEqual(['mock/sage', 'mock/swift']);
    expect(await favourites(member, 'mock/sage', false)).toEqual(['mock/swift']);
    expect((await admin.gql('{ viewer { favouriteModels { id } } }')).viewer.favouriteModels).toEqual([]);
  });

  async function favourites(client: Client, modelId: string, favourite = true): Promise<string[]> {
    const data = await client.gql(favouriteDocument, { modelId, favourite });
    return data.setFavouriteModel.map(({ id }: { id: string }) => id);
  }

  async function secondAdmin(): Promise<Client> {
    const client = await app.newMember();
    const { viewer } = await client.gql('{ viewer { id } }');
    const id = Buffer.from(Buffer.from(viewer.id, 'base64').toString().replace('Viewer', 'User')).toString('base64');
    await admin.gql('mutation ($id: ID!) { setRole(userId: $id, role: ADMIN) { id } }', { id });
    return client;
  }
});
