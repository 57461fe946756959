import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, choose, regenerate, send, storedResponses } from '../api/asking.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { alpha, beta, compare, createLab, gamma, labCatalogue } from './lab.ts';

describeDatabases('a prompt that goes on from one answer', (database) => {
  const lab = createLab();
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database(), catalogue: labCatalogue, languageModels: { lab: lab.languageModel } });
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const textOf = async (turnId: string, lane: number) =>
    (await storedResponses(member, turnId)).find((response) => response.lane === lane)?.text;
  const quoted = async (input: object) =>
    (
      await member.gql(
        `query ($input: SendPromptInput!) {
          quote(input: $input) { models { model { id } history { turnId responseId sent } } }
        }`,
        { input: { prompt: 'Next?', ...input } },
      )
    ).quote.models;

  it('asks its model alone, and sends every model its lane’s answers from then on, also to the same models', async () => {
    const first = await compare(member, [alpha, alpha, beta], { prompt: 'One?' });
    const [, second = '', third = ''] = first.ids;
    const conversationId = first.conversation.id;
    const [one, other] = [await textOf(first.turn.id, 1), await textOf(first.turn.id, 2)];

    expect(await quoted({ conversationId, historyFrom: second })).toEqual([
      { model: { id: alpha }, history: [{ turnId: first.turn.id, responseId: second, sent: true }] },
    ]);
    const alone = await compare(member, null, { prompt: 'Two?', conversationId, historyFrom: second });
    expect(alone.turn.responses.map(({ model }) => model.id)).toEqual([alpha]);
    expect(lab.sent.get('alpha')).toEqual(['One?', one, 'Two?']);
    const { node } = await member.gql(
      'query ($id: ID!) { node(id: $id) { ... on Turn { historyFrom { id } parent { historyFrom { id } } } } }',
      { id: alone.turn.id },
    );
    expect(node).toEqual({ historyFrom: { id: second }, parent: { historyFrom: null } });

    // The next prompt goes on so, in whichever lane and of whichever model.
    const two = await textOf(alone.turn.id, 0);
    expect(await quoted({ conversationId, modelIds: [beta, alpha] })).toMatchObject([
      { history: [{ responseId: second }, { responseId: alone.ids[0] }] },
      { history: [{ responseId: second }, { responseId: alone.ids[0] }] },
    ]);
    const both = await compare(member, [beta, alpha], { prompt: 'Three?', conversationId });
    for (const name of ['alpha', 'beta']) expect(lab.sent.get(name)).toEqual(['One?', one, 'Two?', two, 'Three?']);
    await regenerate(member, alone.ids[0] ?? '');
    expect(lab.sent.get('alpha')).toEqual(['One?', one, 'Two?']);

    // Another answer of the same turn starts over, for two models at once.
    await compare(member, [gamma, beta], { prompt: 'Four?', parentTurnId: both.turn.id, historyFrom: third });
    expect(lab.sent.get('gamma')?.slice(0, 2)).toEqual(['One?', other]);
    expect(lab.sent.get('beta')?.slice(0, 2)).toEqual(['One?', other]);
  });

  it('is refused if the answer is not one that is shown above it with a text', async () => {
    lab.say('gamma', null);
    const first = await compare(member, [alpha, gamma], { prompt: 'One?' });
    const [shown = '', failed = ''] = first.ids;
    const conversationId = first.conversation.id;
    const newer = (await regenerate(member, shown)).turn.responses[0]?.id ?? '';
    const later = await compare(member, [alpha], { prompt: 'Two?', conversationId });
    const refused = { __typename: 'InvalidInputError', field: 'historyFrom' };
    for (const historyFrom of [failed, shown]) {
      expect(await send(member, { prompt: 'Three?', conversationId, historyFrom })).toMatchObject(refused);
    }
    const above = { parentTurnId: first.turn.id, historyFrom: later.ids[0] ?? '' };
    expect(await send(member, { prompt: 'Beside?', ...above })).toMatchObject(refused);
    expect(await send(member, { prompt: 'Elsewhere?', historyFrom: newer })).toMatchObject(refused);
    const wrong = await member.post(`query ($input: SendPromptInput!) { quote(input: $input) { maximum } }`, {
      input: { prompt: 'Three?', conversationId, historyFrom: failed },
    });
    expect(wrong.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'historyFrom' });

    await choose(member, shown, { laneOnly: true });
    await ask(member, { prompt: 'Three?', conversationId, historyFrom: shown });
    await expect(choose(member, failed)).rejects.toThrow('BAD_USER_INPUT');
  });

  it('is refused on a blind turn whose models are hidden', async () => {
    const { turn, conversation, ids } = await compare(member, [alpha, beta], { blind: true });
    const input = { prompt: 'Next?', conversationId: conversation.id, historyFrom: ids[0] ?? '' };
    expect(await send(member, input)).toMatchObject({ __typename: 'InvalidInputError', field: 'historyFrom' });
    await member.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turn.id });
    await ask(member, input);
  });

  it('is the same prompt when it is repeated with its key, and another one from another answer', async () => {
    const { conversation, ids } = await compare(member, [alpha, beta]);
    const input = {
      prompt: 'Next?',
      conversationId: conversation.id,
      historyFrom: ids[1] ?? '',
      idempotencyKey: 'once',
    };
    const { turn } = await ask(member, input);
    expect((await ask(member, input)).turn.id).toBe(turn.id);
    expect(await send(member, { ...input, historyFrom: ids[0] ?? '' })).toMatchObject({ field: 'idempotencyKey' });
  });
});
