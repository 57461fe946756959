import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseGlobalId } from '../../src/domain/ground/global-ids.ts';
import {
  ask,
  expectSettled,
  follow,
  type PromptInput,
  regenerate,
  type Stored,
  send,
  storedResponses,
} from '../api/asking.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';
import { startWireServer, streamBeginning, streamBody, type WireRequest, type WireServer } from '../wire-server.ts';

const [big, small, merger] = ['openai/gpt-4.1', 'openai/gpt-4.1-mini', 'anthropic/claude-sonnet-5'] as const;
const models = [big, small];
const merge = { modelId: merger };

const mergesDocument = `query ($id: ID!) { node(id: $id) { ... on Turn {
  withMerge responses { id lane status model { id } mergeMode mergeInstruction mergedFrom { id } failure { code } }
} } }`;
const quoteDocument = `query ($input: SendPromptInput!) { quote(input: $input) {
  maximum held models { maximum expected inputTokens model { id } }
} }`;
const heldDocument = '{ viewer { credits { held } } }';

describeDatabases('a merge that is asked for with the prompt', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  let member: Client;
  /** Lets the sources end. */
  let end: () => void;
  beforeAll(async () => {
    wire = await startWireServer();
    app = await startApp({
      database: database(),
      wire,
      catalogue: {
        models: [big, small, merger].map((id) => ({ id, minimumTier: 'FREE', fallbacks: [] })),
        tiers: { maxOutputTokens: 1000 },
      },
      env: { LEASE_SECONDS: '1' },
      retryDelayMs: 1,
      passwords: quickPasswords,
    });
    admin = await app.newMember();
  });
  beforeEach(async () => {
    wire.reset();
    answerAll();
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  function answerAll(): void {
    wire.respondWith((request) => ({ body: streamBody(request.api, { text: [textOf(request)] }) }));
  }

  /** Answers only when `end` is called, the merge at once. */
  function holdSources(): void {
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    wire.respondWith((request) => {
      const body = streamBody(request.api, { text: [textOf(request)] });
      return isMerge(request)
        ? { body }
        : {
            pauses: [
              [': begun\n\n', gate],
              [body, 0],
            ],
          };
    });
  }

  async function turnOf(id: string) {
    return (await member.gql(mergesDocument, { id })).node;
  }

  async function ended(input: PromptInput) {
    const asked = await ask(member, input);
    await follow(member, asked.turn.id);
    return { ...asked, answers: await storedResponses(member, asked.turn.id) };
  }

  const prompt = { prompt: 'What is it?', modelIds: [...models] };

  it('begins when the answers are final, with their texts, and is paid like any', async () => {
    const input = { ...prompt, merge: { ...merge, instruction: ' Briefly. ' } };
    const { quote } = await member.gql(quoteDocument, { input });
    expect(quote.models.map(({ model }: Stored) => model.id)).toEqual([big, small, merger]);
    expect(quote.maximum).toBe(
      quote.models.reduce((sum: number, { maximum }: { maximum: number }) => sum + maximum, 0),
    );
    holdSources();
    const asked = await ask(member, input);
    expect((await member.gql(heldDocument)).viewer.credits.held).toBe(quote.held);
    await eventually(() => expect(wire.requests).toHaveLength(2));
    const waiting = await turnOf(asked.turn.id);
    const [one, two, last] = waiting.responses;
    expect(waiting.withMerge).toBe(true);
    expect(last).toMatchObject({ lane: 2, status: 'QUEUED', mergeMode: 'COMBINE', mergeInstruction: 'Briefly.' });
    expect(last.mergedFrom).toEqual([{ id: one.id }, { id: two.id }]);
    end();
    await follow(member, asked.turn.id);
    const answers = await storedResponses(member, asked.turn.id);
    expect(answers.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    const sent = JSON.stringify(wire.requests[2]?.body);
    for (const text of ['What is it?', answers[0]?.text, answers[1]?.text, 'Briefly.']) expect(sent).toContain(text);
    for (const [index, { creditsCharged }] of answers.entries()) {
      expect(creditsCharged).toBeGreaterThan(0);
      expect(creditsCharged).toBeLessThanOrEqual(quote.models[index].maximum);
    }
    expect(asked.conversation.models.map(({ id }) => id)).toEqual(models);
    await expectSettled(member);
  });

  it('is made of those that are complete, if these are two, and else fails for nothing until it is asked again', async () => {
    let isDown = true;
    const failing = (request: WireRequest) =>
      request.body.model === 'gpt-4.1-mini' && isDown
        ? { status: 400, body: JSON.stringify({ error: { message: 'No.' } }) }
        : { body: streamBody(request.api, { text: [textOf(request)] }) };
    wire.respondWith(failing);
    const three = await ended({ ...prompt, modelIds: [big, small, merger], merge });
    expect(three.answers.map(({ status }) => status)).toEqual(['COMPLETED', 'FAILED', 'COMPLETED', 'COMPLETED']);
    const { responses } = await turnOf(three.turn.id);
    expect(responses[3].mergedFrom).toEqual([{ id: responses[0].id }, { id: responses[2].id }]);
    const two = await ended({ ...prompt, merge });
    expect(two.answers[2]).toMatchObject({ status: 'FAILED', creditsCharged: 0, failure: { code: 'SOURCES_MISSING' } });
    await expectSettled(member);
    const lost = two.answers[2] as Stored;
    const refused = await member.gql('mutation ($id: ID!) { regenerateResponse(responseId: $id) { __typename } }', {
      id: lost.id,
    });
    expect(refused.regenerateResponse.__typename).toBe('InvalidInputError');
    isDown = false;
    await regenerate(member, two.answers[1]?.id as string);
    await regenerate(member, lost.id);
    const again = await storedResponses(member, two.turn.id);
    expect(again.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect((await turnOf(two.turn.id)).responses[2].mergedFrom).toEqual([{ id: again[0]?.id }, { id: again[1]?.id }]);
    await expectSettled(member);
  });

  it('costs nothing if its model fails, or if it is stopped before it began, which its turn’s stop does', async () => {
    wire.respondWith((request) =>
      isMerge(request)
        ? { status: 400, body: JSON.stringify({ error: { message: 'No.' } }) }
        : { body: streamBody(request.api, { text: [textOf(request)] }) },
    );
    const failed = await ended({ ...prompt, merge });
    expect(failed.answers[2]).toMatchObject({ status: 'FAILED', creditsCharged: 0 });
    await expectSettled(member);
    for (const all of [true, false]) {
      holdSources();
      wire.requests.length = 0;
      const asked = await ask(member, { ...prompt, merge });
      await eventually(() => expect(wire.requests).toHaveLength(2));
      await member.gql('mutation ($id: ID!, $ids: [ID!]) { stopResponses(turnId: $id, responseIds: $ids) { id } }', {
        id: asked.turn.id,
        ids: all ? null : [asked.turn.responses[2]?.id],
      });
      end();
      await follow(member, asked.turn.id);
      const answers = await storedResponses(member, asked.turn.id);
      const source = all ? 'STOPPED' : 'COMPLETED';
      expect(answers.map(({ status }) => status)).toEqual([source, source, 'STOPPED']);
      expect(answers[2]).toMatchObject({ creditsCharged: 0, text: '' });
      expect(wire.requests).toHaveLength(2);
      await expectSettled(member);
    }
  });

  it('ends, and gives its credits back, when its process is lost while it waits', async () => {
    holdSources();
    const asked = await ask(member, { ...prompt, merge });
    await eventually(() => expect(wire.requests).toHaveLength(2));
    const { db } = database();
    // As if another process had begun them, and died.
    await db
      .updateTable('response')
      .set({ lease_owner: '00000000-0000-4000-8000-000000000000', lease_until: new Date(0) })
      .where('turn_id', '=', parseGlobalId(asked.turn.id)?.id as string)
      .execute();
    await eventually(async () => {
      const { responses } = await turnOf(asked.turn.id);
      expect(responses.map(({ status }: Stored) => status)).toEqual(['INTERRUPTED', 'INTERRUPTED', 'INTERRUPTED']);
    });
    end();
    expect(wire.requests).toHaveLength(2);
    await expectSettled(member);
  });

  it('ends shorter, or not at all begins, where the answers are longer than what was held for them', async () => {
    // Each token of the answer is forty characters long, far more than any model's.
    const length = (tokens: number) => 'w'.repeat(tokens * 40);
    wire.respondWith((request) => ({
      body: streamBody(request.api, {
        text: [isMerge(request) ? 'Merged.' : length(1000)],
        usage: { input: 9, output: 9 },
      }),
    }));
    const input = { ...prompt, merge, parameters: { maxOutputTokens: 1000 } };
    const { answers } = await ended(input);
    expect(answers[2]).toMatchObject({ status: 'FAILED', creditsCharged: 0, failure: { code: 'CONTEXT_TOO_LONG' } });
    wire.requests.length = 0;
    wire.respondWith((request) => ({
      body: streamBody(request.api, {
        text: [isMerge(request) ? 'Merged.' : length(120)],
        usage: { input: 9, output: 9 },
      }),
    }));
    const some = await ended(input);
    expect(some.answers[2]).toMatchObject({ status: 'COMPLETED' });
    expect(wire.requests[2]?.body.max_tokens).toBeLessThan(1000);
    await expectSettled(member);
  });

  it('is not begun if its hold cannot grow to what the answers turned out to cost it', async () => {
    const growing = await startApp({
      database: database(),
      wire,
      catalogue: {
        models: [big, small, merger].map((id) => ({ id, minimumTier: 'FREE', fallbacks: [] })),
        tiers: { maxOutputTokens: 4000, growingHolds: true },
      },
      env: { CREDIT_PATIENCE_SECONDS: '0.1' },
      passwords: quickPasswords,
    });
    try {
      const poor = await growing.newMember();
      const gate = new Promise<void>((resolve) => {
        end = resolve;
      });
      const text = 'word '.repeat(1500);
      wire.respondWith((request) => ({
        pauses: [
          [streamBeginning(request.api, { text: [text] }), gate],
          // All that is held for it.
          [streamBody(request.api, { text: ['.'], usage: { input: 9, output: 4000 } }), 0],
        ],
      }));
      const asked = await ask(poor, { ...prompt, merge });
      await eventually(async () => {
        const answers = await storedResponses(poor, asked.turn.id);
        expect(answers.map((answer) => answer.text.length > 7000)).toEqual([true, true, false]);
      });
      const { db } = database();
      const { held, balance } = (await poor.gql('{ viewer { credits { held balance } } }')).viewer.credits;
      const { users } = (
        await admin.gql('query ($search: String!) { admin { users(search: $search) { edges { node { id } } } } }', {
          search: poor.email,
        })
      ).admin;
      await admin.gql(
        'mutation ($id: ID!, $amount: Credits!) { adjustCredits(userId: $id, amount: $amount, note: "Test") { id } }',
        { id: users.edges[0].node.id, amount: held - balance },
      );
      end();
      await follow(poor, asked.turn.id);
      const answers = await storedResponses(poor, asked.turn.id);
      expect(answers.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'FAILED']);
      expect(answers[2]).toMatchObject({ creditsCharged: 0, failure: { code: 'INSUFFICIENT_CREDITS' } });
      await expectSettled(poor);
      const rows = await db
        .selectFrom('response')
        .select('waits_for_credits')
        .where('turn_id', '=', parseGlobalId(asked.turn.id)?.id as string)
        .execute();
      expect(rows.every(({ waits_for_credits }) => !waits_for_credits)).toBe(true);
    } finally {
      await growing.close();
    }
  });

  it('needs two models, and is told apart by a repeated key', async () => {
    const refusals: [PromptInput, string][] = [
      [{ ...prompt, modelIds: [big], merge }, 'merge'],
      [{ ...prompt, merge: { ...merge, instruction: 'x'.repeat(4001) } }, 'merge.instruction'],
      [{ ...prompt, blind: true, merge: { ...merge, mode: 'JUDGE' } }, 'merge.mode'],
    ];
    for (const [input, field] of refusals) {
      expect(await send(member, input)).toMatchObject({ __typename: 'InvalidInputError', field });
    }
    const plain = await ended({ ...prompt, idempotencyKey: 'plain' });
    expect(await send(member, { ...prompt, merge, idempotencyKey: 'plain' })).toMatchObject({
      field: 'idempotencyKey',
    });
    const merged = await ended({ ...prompt, merge, idempotencyKey: 'merged' });
    expect(merged.turn.id).not.toBe(plain.turn.id);
    expect((await send(member, { ...prompt, merge, idempotencyKey: 'merged' })).turn.id).toBe(merged.turn.id);
    for (const other of [{ mode: 'JUDGE' }, { instruction: 'Briefly.' }, { modelId: small }]) {
      const input = { ...prompt, merge: { ...merge, ...other }, idempotencyKey: 'merged' };
      expect(await send(member, input)).toMatchObject({ field: 'idempotencyKey' });
    }
  });

  it('hides among blind answers, is judged as they are, and counts blind at the price of all', async () => {
    const places = new Set<number>();
    for (let round = 0; places.size < 3 && round < 40; round++) {
      const blind = { ...prompt, blind: true, merge };
      const { quote } = await member.gql(quoteDocument, { input: blind });
      const [one] = quote.models;
      expect(quote.models.map(({ model, ...figures }: Stored) => figures)).toEqual(
        quote.models.map(() => ({ maximum: one.maximum, expected: one.expected, inputTokens: one.inputTokens })),
      );
      const { turn, answers } = await ended(blind);
      const hidden = await turnOf(turn.id);
      expect(hidden.withMerge).toBe(true);
      for (const [lane, response] of hidden.responses.entries()) {
        expect(response).toMatchObject({ lane, status: 'COMPLETED', mergeMode: null, mergedFrom: [], failure: null });
      }
      const best = answers.find(({ text }) => text.startsWith('Merged')) as Stored;
      await member.gql('mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { id } }', {
        input: { turnId: turn.id, kind: 'BEST', bestResponseIds: [best.id] },
      });
      const { responses } = await turnOf(turn.id);
      const lane = responses.findIndex(({ mergeMode }: { mergeMode: string | null }) => mergeMode === 'COMBINE');
      expect(responses[lane]).toMatchObject({ id: best.id, model: { id: merger } });
      expect(responses[lane].mergedFrom).toHaveLength(2);
      places.add(lane);
      const charged = (await storedResponses(member, turn.id)).map(({ creditsCharged }) => creditsCharged as number);
      const all = charged.reduce((sum, credits) => sum + credits, 0);
      const { db } = database();
      const verdict = await db
        .selectFrom('verdict')
        .innerJoin('verdict_contestant', 'verdict_id', 'verdict.id')
        .select(['blind', 'unpaced', 'merged', 'best', 'credits', 'lane'])
        .where('turn_id', '=', parseGlobalId(turn.id)?.id as string)
        .orderBy('lane')
        .execute();
      expect(verdict).toMatchObject(
        charged.map((credits, at) => ({
          ...{ blind: true, unpaced: false, lane: at, merged: at === lane, best: at === lane },
          credits: at === lane ? all : credits,
        })),
      );
    }
    expect([...places].sort()).toEqual([0, 1, 2]);
    await expectSettled(member);
  });

  it('goes on in its lane where the hidden models go on, and is revealed with them', async () => {
    const first = await ended({ ...prompt, blind: true, merge });
    const next = await ended({ prompt: 'And then?', blind: true, conversationId: first.conversation.id });
    const laneOfMerge = (answers: readonly Stored[]) => answers.findIndex(({ text }) => text.startsWith('Merged'));
    expect(next.answers).toHaveLength(3);
    expect(laneOfMerge(next.answers)).toBe(laneOfMerge(first.answers));
    await member.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: next.turn.id });
    for (const { turn, answers } of [first, next]) {
      const { responses } = await turnOf(turn.id);
      expect(responses[laneOfMerge(answers)]).toMatchObject({ model: { id: merger }, mergeMode: 'COMBINE' });
    }
    const { node } = await member.gql('query ($id: ID!) { node(id: $id) { ... on Conversation { models { id } } } }', {
      id: first.conversation.id,
    });
    expect(node.models.map(({ id }: { id: string }) => id).sort()).toEqual([...models].sort());
  });

  it('makes a verdict on hidden answers count as not blind, if it was asked for after them', async () => {
    const { turn, answers } = await ended({ ...prompt, blind: true });
    await member.gql('mutation ($input: MergeInput!) { mergeResponses(input: $input) { __typename } }', {
      input: { turnId: turn.id, responseIds: answers.map(({ id }) => id), modelId: merger, mode: 'COMBINE' },
    });
    await follow(member, turn.id);
    const { judgeTurn } = await member.gql(
      'mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { verdict { blind } } }',
      { input: { turnId: turn.id, kind: 'TIE' } },
    );
    expect(judgeTurn.verdict.blind).toBe(false);
  });
});

function isMerge({ body }: WireRequest): boolean {
  return JSON.stringify(body).includes('End of Question');
}

function textOf(request: WireRequest): string {
  return isMerge(request) ? 'Merged into one.' : `The answer of ${String(request.body.model).length} signs.`;
}
