import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ComparedRow } from '../../src/database/judging/verdicts.ts';
import { mergeLengthMin, mergePrompt } from '../../src/domain/asking/merging/merge-prompt.ts';
import { contestantsOf } from '../../src/domain/judging/contestants.ts';
import {
  ask,
  continueResponse,
  converse,
  expectSettled,
  follow,
  regenerate,
  type Stored,
  send,
  storedResponses,
} from '../api/asking.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, streamBody, type WireServer } from '../wire-server.ts';

const [big, small, merger] = ['openai/gpt-4.1', 'openai/gpt-4.1-mini', 'anthropic/claude-sonnet-5'] as const;

const mergeDocument = `mutation ($input: MergeInput!) { mergeResponses(input: $input) {
  __typename
  ... on Error { message }
  ... on InvalidInputError { field }
  ... on InsufficientCreditsError { required }
  ... on SendPromptPayload { turn { id } }
} }`;

const laneDocument = `query ($id: ID!) { node(id: $id) { ... on Turn {
  responses { id lane model { id } mergeMode mergeInstruction mergedFrom { id text } }
} } }`;

describeDatabases('a merge', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  let member: Client;
  let answers = 0;
  beforeAll(async () => {
    wire = await startWireServer();
    app = await startApp({
      database: database(),
      wire,
      catalogue: {
        models: [big, small, merger].map((id) => ({ id, minimumTier: 'FREE', fallbacks: [] })),
        tiers: { maxOutputTokens: 1000 },
      },
    });
    admin = await app.newMember();
    member = await app.newMember();
  });
  beforeEach(() => {
    wire.reset();
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: [`Answer ${++answers}.`] }) }));
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  it('reads the prompt and the answers without names, and is a lane of the turn like any other', async () => {
    const { turn, sources } = await twoAnswers();
    wire.requests.length = 0;
    const responseIds = [sources[1]?.id, sources[0]?.id];
    await merged(turn.id, { responseIds, mode: 'COMBINE', instruction: ' In one sentence. ' });
    const [sent] = wire.requests;
    const text = JSON.stringify(sent?.body);
    for (const piece of ['What is it?', sources[0]?.text, sources[1]?.text, 'In one sentence.']) {
      expect(text).toContain(piece);
    }
    expect(text.indexOf(sources[1]?.text as string)).toBeLessThan(text.indexOf(sources[0]?.text as string));
    expect(text).not.toContain(big);
    const { node } = await member.gql(laneDocument, { id: turn.id });
    expect(node.responses[2]).toMatchObject({
      lane: 2,
      model: { id: merger },
      mergeMode: 'COMBINE',
      mergeInstruction: 'In one sentence.',
      mergedFrom: [{ id: sources[1]?.id }, { id: sources[0]?.id }],
    });
    expect(node.responses[0]).toMatchObject({ mergeMode: null, mergedFrom: [] });
    const [, , answer] = await storedResponses(member, turn.id);
    expect(answer).toMatchObject({ status: 'COMPLETED', creditsCharged: expect.any(Number) });
    expect(answer?.creditsCharged).toBeGreaterThan(0);
    await expectSettled(member);
  });

  it('costs at most what was quoted, and is refused to whoever cannot pay that', async () => {
    const { turn, sources } = await twoAnswers();
    const input = { turnId: turn.id, responseIds: ids(sources), modelId: merger, mode: 'COMPARE' };
    const { quoteMerge } = await member.gql(
      'query ($input: MergeInput!) { quoteMerge(input: $input) { maximum affordable models { model { id } } } }',
      { input },
    );
    expect(quoteMerge).toMatchObject({ affordable: true, models: [{ model: { id: merger } }] });
    await merged(turn.id, { responseIds: ids(sources), mode: 'COMPARE' });
    const [, , answer] = await storedResponses(member, turn.id);
    expect(answer?.creditsCharged).toBeLessThanOrEqual(quoteMerge.maximum);

    const poor = await app.newMember();
    const theirs = await twoAnswers(poor);
    const { balance } = await expectSettled(poor);
    const find = 'query ($search: String!) { admin { users(search: $search) { edges { node { id } } } } }';
    const { users } = (await admin.gql(find, { search: poor.email })).admin;
    await admin.gql(
      'mutation ($id: ID!, $amount: Credits!) { adjustCredits(userId: $id, amount: $amount, note: "Test") { id } }',
      { id: users.edges[0].node.id, amount: 1 - balance },
    );
    const { mergeResponses } = await poor.gql(mergeDocument, {
      input: { ...input, turnId: theirs.turn.id, responseIds: ids(theirs.sources) },
    });
    expect(mergeResponses.__typename).toBe('InsufficientCreditsError');
    expect(await storedResponses(poor, theirs.turn.id, true)).toHaveLength(2);
  });

  it('is quoted as what is held for it, also where the turn goes on from one answer', async () => {
    // The answers differ in length, so that each history has a price of its own.
    let length = 0;
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: ['long '.repeat((++length) ** 2 * 40)] }) }));
    const client = await app.newMember();
    const first = await converse(client, { prompt: 'What is it?', modelIds: [big, small, merger] });
    const [, one] = await storedResponses(client, first.turn.id);
    const conversationId = first.conversation.id;
    const next = await converse(client, {
      ...{ prompt: 'And then?', conversationId, modelIds: [big, small] },
      historyFrom: one?.id,
    });
    const sources = await storedResponses(client, next.turn.id);
    await expectSettled(client);
    wire.respondWith(() => ({ silent: true }));
    const input = { turnId: next.turn.id, responseIds: ids(sources), modelId: merger, mode: 'COMBINE' };
    const { quoteMerge } = await client.gql(
      `query ($input: MergeInput!) { quoteMerge(input: $input) {
        held maximum models { maximum inputTokens history { turnId responseId } }
      } }`,
      { input },
    );
    expect(quoteMerge.models).toMatchObject([{ history: [{ turnId: first.turn.id, responseId: one?.id }] }]);
    expect((await client.gql(mergeDocument, { input })).mergeResponses.__typename).toBe('SendPromptPayload');
    const { viewer } = await client.gql('{ viewer { credits { held } } }');
    expect(viewer.credits.held).toBe(quoteMerge.held);
    await client.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: next.turn.id });
    await follow(client, next.turn.id);
    await expectSettled(client);
  });

  it('is made again and continued from the same answers, whichever versions their lanes show by then', async () => {
    const { turn, sources } = await twoAnswers();
    await merged(turn.id, { responseIds: ids(sources), mode: 'COMBINE' });
    await regenerate(member, sources[0]?.id as string);
    const [, , first] = (await storedResponses(member, turn.id)) as [Stored, Stored, Stored];
    wire.requests.length = 0;
    wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['Cut'] }) }));
    await regenerate(member, first.id);
    const [, , cut] = (await storedResponses(member, turn.id)) as [Stored, Stored, Stored];
    expect(cut).toMatchObject({ lane: 2, text: 'Cut' });
    await continueResponse(member, cut.id);
    expect(wire.requests).toHaveLength(2);
    for (const { body } of wire.requests) expect(JSON.stringify(body)).toContain(sources[0]?.text);
    const { node } = await member.gql(laneDocument, { id: turn.id });
    expect(node.responses[2].mergedFrom.map(({ id }: Stored) => id)).toEqual(ids(sources));
  });

  it('is what its model is sent with later prompts, and leaves a repeated prompt the same', async () => {
    const prompt = { prompt: 'What is it?', modelIds: [big, small] as string[], idempotencyKey: 'once' };
    const { turn, conversation } = await converse(member, prompt);
    const sources = await storedResponses(member, turn.id);
    await merged(turn.id, { responseIds: ids(sources), mode: 'COMBINE' });
    expect((await send(member, prompt)).turn.id).toBe(turn.id);
    const [, , answer] = await storedResponses(member, turn.id);
    wire.requests.length = 0;
    await converse(member, { prompt: 'And then?', conversationId: conversation.id, modelIds: [merger] });
    expect(JSON.stringify(wire.requests[0]?.body)).toContain(answer?.text);
    expect(JSON.stringify(wire.requests[0]?.body)).not.toContain('End of Question');
  });

  it('is started once if it is asked for twice, and refuses what cannot be merged', async () => {
    const { turn, sources } = await twoAnswers();
    wire.respondWith(() => ({ silent: true }));
    const input = { turnId: turn.id, responseIds: ids(sources), modelId: merger, mode: 'JUDGE' };
    for (const _ of [1, 2]) {
      expect((await member.gql(mergeDocument, { input })).mergeResponses.__typename).toBe('SendPromptPayload');
    }
    const live = (await storedResponses(member, turn.id)) as [Stored, Stored, Stored];
    expect(live).toHaveLength(3);
    const refused = async (more: object, client = member) =>
      (await client.gql(mergeDocument, { input: { ...input, ...more } })).mergeResponses;
    const invalid = { __typename: 'InvalidInputError', field: 'responseIds' };
    expect(await refused({ responseIds: [sources[0]?.id] })).toMatchObject(invalid);
    expect(await refused({ responseIds: [sources[0]?.id, sources[0]?.id] })).toMatchObject(invalid);
    expect(await refused({ responseIds: [sources[0]?.id, live[2].id] })).toMatchObject(invalid);
    expect(await refused({ instruction: 'x'.repeat(4001) })).toMatchObject({ field: 'instruction' });
    const other = await twoAnswers();
    expect(await refused({ responseIds: [sources[0]?.id, other.sources[0]?.id] })).toMatchObject({
      __typename: 'NotFoundError',
    });
    expect(await refused({}, await app.newMember())).toMatchObject({ __typename: 'NotFoundError' });
    await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    await follow(member, turn.id);
    await expectSettled(member);
  });

  it('is judged beside its sources, at the price of all, unless it only speaks of them', async () => {
    const { turn, sources } = await twoAnswers();
    await merged(turn.id, { responseIds: ids(sources), mode: 'COMBINE' });
    await merged(turn.id, { responseIds: ids(sources), mode: 'JUDGE' });
    const all = (await storedResponses(member, turn.id)) as [Stored, Stored, Stored, Stored];
    const judge = (bestResponseIds: string[]) =>
      member.post('mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { verdict { id best { id } } } }', {
        input: { turnId: turn.id, kind: 'BEST', bestResponseIds },
      });
    expect((await judge([all[3].id])).errors).toMatchObject([{ extensions: { field: 'bestResponseIds' } }]);
    const { data } = await judge([all[2].id]);
    expect(data?.judgeTurn.verdict.best).toEqual([{ id: all[2].id }]);
    const exported = await (
      await fetch(`${app.url}/export/verdicts.json`, { headers: { cookie: member.cookie } })
    ).json();
    const [verdict] = exported.verdicts;
    const [one, two, merge] = all.map(({ creditsCharged }) => creditsCharged as number) as [number, number, number];
    expect(verdict.contestants).toMatchObject([
      { lane: 0, merged: false, credits: Number(one.toPrecision(2)) },
      { lane: 1, merged: false, credits: Number(two.toPrecision(2)) },
      { lane: 2, merged: true, best: true, credits: Number((one + two + merge).toPrecision(2)) },
    ]);
    expect(verdict.contestants).toHaveLength(3);
  });

  async function twoAnswers(client = member) {
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: [`Answer ${++answers}.`] }) }));
    const { turn } = await ask(client, { prompt: 'What is it?', modelIds: [big, small] });
    await follow(client, turn.id);
    return { turn, sources: await storedResponses(client, turn.id) };
  }

  async function merged(turnId: string, input: object) {
    const { mergeResponses } = await member.gql(mergeDocument, { input: { turnId, modelId: merger, ...input } });
    expect(mergeResponses).toMatchObject({ __typename: 'SendPromptPayload' });
    await follow(member, turnId);
  }
});

function ids(responses: readonly { id: string }[]): string[] {
  return responses.map(({ id }) => id);
}

describe('the prompt of a merge', () => {
  it('has every text whole, between lines that no text has', () => {
    const text = fc.string({ unit: fc.constantFrom('=', '\n', ' ', 'a', 'End of Answer A', '=====') });
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 2, maxLength: 12 }), (prompt, answers) => {
        const merged = mergePrompt({ mode: 'COMBINE', instruction: null }, { prompt, answers });
        const asked = { instruction: null };
        expect(mergeLengthMin(asked, { prompt, answers }, 1e6)).toBeLessThanOrEqual(merged.length);
        const rule = /begin with (=+)\./.exec(merged)?.[1] as string;
        const names = ['Question', ...answers.map((_, index) => `Answer ${String.fromCharCode(65 + index)}`)];
        const found = names.map((name) => {
          const start = merged.indexOf(`${rule} ${name}\n`) + `${rule} ${name}\n`.length;
          return merged.slice(start, merged.indexOf(`\n${rule} End of ${name}`));
        });
        expect(found).toEqual([prompt, ...answers]);
      }),
    );
  });

  it('is known to be too long before it is built, also if only its lines are', () => {
    const answers = ['='.repeat(400_000), 'Two'];
    expect(mergeLengthMin({ instruction: null }, { prompt: 'One', answers }, 500_000)).toBeGreaterThan(2_800_000);
    expect(mergeLengthMin({ instruction: 'More' }, { prompt: 'One', answers }, 400_000)).toBe(400_010);
  });
});

describe('the credits of an answer', () => {
  it('counts each response that a merge of merges was made from once, however many ways lead to it', () => {
    const levels = 13;
    const versions = 12;
    const idOf = (lane: number, version: number) => `${lane}.${version}`;
    const versionsOf = (lane: number) => Array.from({ length: versions }, (_none, version) => idOf(lane, version));
    const rows = Array.from({ length: levels }, (_none, lane) =>
      versionsOf(lane).map((id) => answer({ id, lane, sourceIds: lane === 0 ? null : versionsOf(lane - 1) })),
    ).flat();
    const [first, second] = contestantsOf(rows, null);
    expect(first).toMatchObject({ responseId: idOf(0, 11), merged: false, credits: 1 });
    expect(second).toMatchObject({ responseId: idOf(1, 11), merged: true, credits: versions + 1 });
    expect(contestantsOf(rows, null).at(-1)).toMatchObject({ lane: 12, credits: (levels - 1) * versions + 1 });
  });

  it('counts an answer with all that it continues, however often it was cut off', () => {
    const length = 20_000;
    const rows = Array.from({ length }, (_none, index) => ({
      ...answer({ id: String(index), lane: 0, sourceIds: null }),
      continues_id: index === 0 ? null : String(index - 1),
    }));
    expect(contestantsOf(rows, null)).toMatchObject([{ credits: length, outputTokens: length, firstTokenMs: 7 }]);
  });
});

function answer({ id, lane, sourceIds }: { id: string; lane: number; sourceIds: string[] | null }): ComparedRow {
  return {
    id,
    turn_id: 'turn',
    lane,
    model_id: 'model',
    served_by: 'model',
    status: 'COMPLETED',
    shortened_by: null,
    merge: sourceIds && { mode: 'COMBINE', sourceIds, instruction: null },
    continues_id: null,
    credit_account_id: null,
    credits_charged: 1,
    first_token_ms: 7,
    output_tokens: 1,
    has_content: true,
    created_at: new Date(0),
    chosen_at: null,
    finished_at: new Date(0),
  };
}
