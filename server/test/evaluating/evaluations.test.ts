import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { leave, newTeam } from '../teams/team-house.ts';
import {
  act,
  becomes,
  createEvaluatedModel,
  judge,
  look,
  newSet,
  nextPair,
  run,
  runDocument,
} from './evaluation-house.ts';

const pair = ['mock/swift', 'mock/sage'];
const judgedBy = { modelId: 'mock/poet', allowSameFamily: true };

describeDatabases('evaluations', (database) => {
  const model = createEvaluatedModel();
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database(), languageModels: { mock: model }, retryDelayMs: 1 });
    admin = await app.newMember();
    member = await app.newMember();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const conversationsOf = async (client: Client, search?: string) =>
    (await client.gql('query ($search: String) { conversations(search: $search) { totalCount } }', { search }))
      .conversations.totalCount;

  it('a set takes typed, pasted and gathered prompts, and refuses a paste with a mistake as a whole', async () => {
    const id = await newSet(member, ['One?', 'Two?']);
    const { turn } = await converse(member, { prompt: 'Asked before?', modelIds: ['mock/swift'] });
    const add =
      'mutation ($id: ID!, $input: PromptsInput!) { addPromptsToSet(id: $id, input: $input) { promptCount } }';
    const csv = 'prompt,reference,topic\n"Three?","3, or three",math\n';
    expect(await member.gql(add, { id, input: { text: csv } })).toEqual({ addPromptsToSet: { promptCount: 3 } });
    const wrong = await member.post(add, { id, input: { text: `${csv},,\n`, format: 'CSV' } });
    expect(wrong.errors?.[0]).toMatchObject({ message: 'Line 3: the prompt is empty.', extensions: { field: 'text' } });
    await member.gql('mutation ($id: ID!, $ids: [ID!]!) { addTurnsToPromptSet(id: $id, turnIds: $ids) { id } }', {
      id,
      ids: [turn.id],
    });
    const set = 'query ($id: ID!) { node(id: $id) { ... on PromptSet { own prompts { id prompt reference topic } } } }';
    const { node } = await member.gql(set, { id });
    expect(node.prompts.map(({ prompt }: { prompt: string }) => prompt)).toEqual([
      'One?',
      'Two?',
      'Three?',
      'Asked before?',
    ]);
    expect(node.prompts[2]).toMatchObject({ reference: '3, or three', topic: 'math' });
    await member.gql('mutation ($id: ID!, $ids: [ID!]!) { removePromptsFromSet(id: $id, promptIds: $ids) { id } }', {
      id,
      ids: [node.prompts[0].id],
    });
    expect((await member.gql(set, { id })).node.prompts).toHaveLength(3);
    expect((await admin.gql(set, { id })).node).toBeNull();
  });

  it('a set is seen by those with whom it is shared, and changed by its owner alone', async () => {
    const other = await app.newMember();
    const team = await newTeam(admin, { name: 'Readers' }, member, other);
    const id = await newSet(member, ['One?'], { sharedWith: 'TEAM', teamId: team.id });
    const mine = async (client: Client) =>
      (await client.gql('{ promptSets { id own } }')).promptSets.filter((set: { id: string }) => set.id === id);
    expect(await mine(other)).toEqual([{ id, own: false }]);
    expect(await mine(admin)).toEqual([]);
    const rename = 'mutation ($id: ID!) { updatePromptSet(id: $id, input: { name: "Theirs" }) { name } }';
    expect((await other.post(rename, { id })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    const share =
      'mutation ($id: ID!) { updatePromptSet(id: $id, input: { sharedWith: MEMBERS }) { name team { id } } }';
    expect(await member.gql(share, { id })).toEqual({ updatePromptSet: { name: 'Mine', team: null } });
    expect(await mine(admin)).toEqual([{ id, own: false }]);
  });

  it('asks each prompt of each model as often as it is told, in conversations that no list and no search shows', async () => {
    const [before, found] = [await conversationsOf(member), await conversationsOf(member, 'zebra')];
    const setId = await newSet(member, ['A zebra?', 'Two zebras?']);
    const quote = `query ($input: RunEvaluationInput!) {
      quoteEvaluation(input: $input) { sendings answers judgings expected maximum affordable }
    }`;
    const input = { setId, modelIds: pair, repeats: 2 };
    const { quoteEvaluation } = await member.gql(quote, { input });
    expect(quoteEvaluation).toMatchObject({ sendings: 4, answers: 8, judgings: 0, affordable: true });
    const id = await run(member, input);
    const { progress, matrix, sums } = await becomes(member, id, 'DONE');
    expect(progress).toMatchObject({ prompts: 2, waiting: 0, running: 0, ended: 4, pairs: 4 });
    expect(
      matrix.map(({ cells }: { cells: { completed: number }[] }) => cells.map(({ completed }) => completed)),
    ).toEqual([
      [2, 2],
      [2, 2],
    ]);
    // Lengths and prices would tell the answers of the queue apart.
    expect([...sums, ...matrix[0].cells].map(({ credits, characters }) => [credits, characters])).toEqual(
      Array.from({ length: 4 }, () => [null, null]),
    );
    expect(progress.credits).toBeLessThanOrEqual(quoteEvaluation.maximum);
    expect([await conversationsOf(member), await conversationsOf(member, 'zebra')]).toEqual([before, found]);
    const ledger = `{ viewer { credits { entries(first: 8) { edges { node {
      response { turn { prompt conversation { id title evaluation { id own } } } }
    } } } } } }`;
    const { edges } = (await member.gql(ledger)).viewer.credits.entries;
    for (const { node } of edges) {
      expect(node.response.turn.conversation.evaluation).toEqual({ id, own: true });
    }
    const chat = 'query ($id: ID!) { conversation(id: $id) { title turns { totalCount } } }';
    const chatId = edges[0].node.response.turn.conversation.id;
    expect((await member.gql(chat, { id: chatId })).conversation.turns.totalCount).toBe(1);
    expect((await admin.gql(chat, { id: chatId })).conversation).toBeNull();
    const opened = `mutation ($id: ID!) {
      openEvaluationAnswers(id: $id, position: 1) { prompt answers { repeat text status model { id } } }
    }`;
    const { openEvaluationAnswers } = await member.gql(opened, { id });
    expect(openEvaluationAnswers.answers).toHaveLength(4);
    expect(openEvaluationAnswers.answers[0].text).toBe('swift says: Two zebras?');
    expect((await admin.post(opened, { id })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await look(member, id)).matrix).toMatchObject([
      { cells: [{ characters: null }, { characters: null }] },
      { cells: [{ characters: 23 }, { characters: 22 }] },
    ]);
    await act(member, 'openEvaluationFigures', id);
    const [swift, sage] = (await look(member, id)).sums;
    expect(swift.credits + sage.credits).toBe(progress.credits);
    expect([swift.characters, sage.characters]).toEqual([21.5, 20.5]);
    const download = ({ url, cookie }: Client) =>
      fetch(`${url}/export/evaluation/${encodeURIComponent(id)}.jsonl`, { headers: { cookie } });
    const lines = (await (await download(member)).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line)).filter(({ status }) => status === 'COMPLETED')).toHaveLength(8);
    expect((await download(admin)).status).toBe(404);
  });

  it('has a judge read each two answers in both orders, and abstain where the order sways it or it mumbles', async () => {
    const setId = await newSet(member, ['One?', 'Two?', 'A flip?', 'A mumble?']);
    const id = await run(member, { setId, modelIds: pair, judge: judgedBy });
    const { progress, sums, decision, judgeOfSameFamily, agreement } = await becomes(member, id, 'DONE');
    expect(progress).toMatchObject({ pairs: 4, judged: 4, abstained: 2 });
    expect(sums.map((sum: { judge: object }) => sum.judge)).toEqual([
      { wins: 2, losses: 0, ties: 0 },
      { wins: 0, losses: 2, ties: 0 },
    ]);
    expect(decision).toMatchObject({ byJudgeModel: true, best: null, pairs: [{ aWins: 2, bWins: 0, needed: 20 }] });
    expect(judgeOfSameFamily).toBe(true);
    expect(agreement).toMatchObject({ pairs: 0, kappa: null });
  });

  it('is listed with its state, but not with the sums of all others too', async () => {
    const { errors } = await member.post('{ evaluations { id sums { answers } decision { byJudgeModel } } }');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'QUERY_TOO_COMPLEX' });
    const { evaluations } = await member.gql('{ evaluations { id name own state createdAt progress { ended } } }');
    expect(evaluations.length).toBeGreaterThan(0);
  });

  it('refuses a judge of the same family unless asked for, an empty set, a model twice, an early end without a judge, and what cannot be paid', async () => {
    const setId = await newSet(member, ['One?']);
    const refused = async (input: object) =>
      (await member.gql(runDocument, { input: { setId, modelIds: pair, ...input } })).runEvaluation;
    expect(await refused({ judge: { modelId: 'mock/poet' } })).toMatchObject({ field: 'judge.modelId' });
    expect(await refused({ setId: await newSet(member, []) })).toMatchObject({ field: 'setId' });
    expect(await refused({ modelIds: ['mock/swift', 'mock/swift'] })).toMatchObject({ field: 'modelIds' });
    expect(await refused({ modelIds: ['mock/nobody'] })).toMatchObject({ __typename: 'ModelUnavailableError' });
    expect(await refused({ stopEarly: true })).toMatchObject({ field: 'stopEarly' });
    expect(await refused({ repeats: 11 })).toMatchObject({ field: 'repeats' });
    const team = await newTeam(admin, { name: 'Poor', monthlyCredits: 1 }, member);
    expect(await refused({ payerId: team.id })).toMatchObject({ __typename: 'InsufficientCreditsError', available: 1 });
    expect(
      (await member.gql('{ evaluations { id setId } }')).evaluations.filter(
        (one: { setId: string }) => one.setId === setId,
      ),
    ).toEqual([]);
  });

  it('keeps the prompts with which it began, whatever becomes of the set, and tells what is shown of hidden turns’ credits', async () => {
    const one = await app.newMember();
    const setId = await newSet(one, ['As it was?']);
    const id = await run(one, { setId, modelIds: pair });
    const items = 'query ($id: ID!) { node(id: $id) { ... on PromptSet { prompts { id } } } }';
    const [{ id: promptId }] = (await one.gql(items, { id: setId })).node.prompts;
    const change = `mutation ($setId: ID!, $id: ID!, $input: SetPromptInput!) {
      changeSetPrompt(setId: $setId, id: $id, input: $input) { id }
    }`;
    await one.gql(change, { setId, id: promptId, input: { prompt: 'As it is now?', topic: 'new' } });
    const { matrix } = await becomes(one, id, 'DONE');
    expect(matrix).toMatchObject([{ position: 0, prompt: 'As it was?' }]);
    expect((await one.post(change, { setId, id: promptId, input: { prompt: ' ' } })).errors).toHaveLength(1);
    expect((await admin.post(change, { setId, id: promptId, input: { prompt: 'Mine?' } })).errors).toHaveLength(1);

    await converse(one, { prompt: 'Which?', modelIds: pair, blind: true });
    const quote = 'query ($input: RunEvaluationInput!) { quoteEvaluation(input: $input) { available affordable } }';
    const { quoteEvaluation } = await one.gql(quote, { input: { setId, modelIds: pair } });
    const { available } = (await one.gql('{ viewer { credits { available } } }')).viewer.credits;
    expect(quoteEvaluation).toEqual({ available, affordable: true });
    const { rows } = await sql<{ rest: number }>`
      select (balance - held)::int8 as rest from credit_account join "user" on "user".id = user_id
      where email = ${one.email}`.execute(database().db);
    expect(rows[0]?.rest).toBeGreaterThan(available);
  });

  it('stops by itself once a model is found to be better, and sends nothing more', async () => {
    const prompts = Array.from({ length: 30 }, (_, index) => `Question ${index}?`);
    const setId = await newSet(member, prompts);
    const id = await run(member, { setId, modelIds: pair, judge: judgedBy, stopEarly: true });
    const { decided, decision, progress } = await becomes(member, id, 'DONE');
    expect(decided).toEqual({ id: 'mock/swift' });
    expect(decision.best).toEqual({ id: 'mock/swift' });
    expect(progress.waiting).toBeGreaterThan(5);
    expect(progress.ended + progress.waiting).toBe(30);
  });

  it('pauses at its own limit before it costs more, goes on with a higher one, and is paused, stopped and deleted', async () => {
    const setId = await newSet(
      member,
      Array.from({ length: 6 }, (_, index) => `Number ${index}?`),
    );
    const quote = 'query ($input: RunEvaluationInput!) { quoteEvaluation(input: $input) { maximum } }';
    const input = { setId, modelIds: pair };
    const { maximum } = (await member.gql(quote, { input })).quoteEvaluation;
    // What each costs at most is far above what it costs.
    const creditsMax = maximum / 6;
    const id = await run(member, { ...input, creditsMax });
    const paused = await becomes(member, id, 'PAUSED');
    expect(paused.pause.code).toBe('LIMIT');
    expect(paused.progress.credits).toBeLessThanOrEqual(creditsMax);
    expect(paused.progress.ended).toBeGreaterThan(0);
    await act(member, 'resumeEvaluation', id, `, creditsMax: ${maximum}`);
    expect((await becomes(member, id, 'DONE')).progress.ended).toBe(6);
    const again = await member.post('mutation ($id: ID!) { pauseEvaluation(id: $id) { state } }', { id });
    expect(again.errors?.[0]?.message).toBe('This evaluation is done.');
    await member.gql('mutation ($id: ID!) { deleteEvaluation(id: $id) }', { id });
    expect(await look(member, id)).toBeNull();
    await until(async () => (await leftOf(id)) === 0, 'its conversations are deleted');
  });

  async function leftOf(id: string): Promise<number> {
    const local = Buffer.from(id, 'base64').toString().replace('Evaluation:', '');
    const { rows } = await sql<{ left: number }>`
      select (select count(*) from conversation where evaluation_id = ${local}::uuid)
        + (select count(*) from evaluation where id = ${local}::uuid) as left`.execute(database().db);
    return rows[0]?.left ?? 0;
  }

  it('goes on when a model fails, and pauses when its payer does not pay any more', async () => {
    const setId = await newSet(member, ['One?', 'Two?']);
    const failing = await run(member, { setId, modelIds: ['mock/swift', 'mock/faulty'] });
    const { sums, progress } = await becomes(member, failing, 'DONE');
    expect(progress).toMatchObject({ ended: 2, pairs: 0 });
    expect(sums.map(({ completed, failed }: { completed: number; failed: number }) => [completed, failed])).toEqual([
      [2, 0],
      [0, 2],
    ]);
    const team = await newTeam(admin, { name: 'Payers', monthlyCredits: 1_000_000_000 }, member);
    const id = await run(member, { setId, modelIds: pair, payerId: team.id, creditsMax: 0 });
    expect((await becomes(member, id, 'PAUSED')).pause.code).toBe('LIMIT');
    await leave(admin, team, member);
    await act(member, 'resumeEvaluation', id, ', creditsMax: 1000000000');
    await until(async () => (await look(member, id)).pause?.code === 'REFUSED', 'the team is missed');
    await act(member, 'stopEvaluation', id);
    expect(await look(member, id)).toMatchObject({
      state: 'STOPPED',
      pause: null,
      progress: { waiting: 2, credits: 0 },
    });
  });

  describe('judged by people', () => {
    let id: string;
    let others: Client[];
    beforeAll(async () => {
      others = await Promise.all(Array.from({ length: 4 }, () => app.newMember()));
      const setId = await newSet(
        member,
        Array.from({ length: 5 }, (_, index) => `Case ${index}?`),
      );
      id = await run(member, { setId, modelIds: pair, judge: judgedBy });
      await becomes(member, id, 'DONE');
    });

    it('is closed to others until it is opened, and shows them neither models nor figures', async () => {
      const [other] = others as [Client];
      expect(
        (await other.post('mutation ($id: ID!) { nextEvaluationPair(id: $id) { id } }', { id })).errors?.[0]?.extensions
          .code,
      ).toBe('NOT_FOUND');
      await member.gql('mutation ($id: ID!) { openEvaluation(id: $id, judgedBy: MEMBERS) { judgedBy } }', { id });
      const seen = await other.gql('{ evaluations { id name own state } }');
      expect(seen.evaluations).toEqual([{ id, name: 'Mine', own: false, state: 'DONE' }]);
      for (const field of [
        'models { id }',
        'sums { credits }',
        'matrix { prompt }',
        'judge { id }',
        'progress { credits }',
      ]) {
        const { errors } = await other.post(`query ($id: ID!) { node(id: $id) { ... on Evaluation { ${field} } } }`, {
          id,
        });
        expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      }
    });

    it('shows every pair once to each of them, both orders equally often, and the same one until it is judged', async () => {
      const firsts: string[] = [];
      for (const other of others) {
        const judgedPrompts = new Set<string>();
        for (let shown = await nextPair(other, id); shown; ) {
          expect(await nextPair(other, id)).toEqual(shown);
          judgedPrompts.add(shown.prompt);
          firsts.push(shown.answerA.split(' ')[0] as string);
          expect(shown.answerA).not.toBe(shown.answerB);
          // They prefer swift, but for one of the prompts.
          const isSwift = shown.answerA.startsWith('swift') !== shown.prompt.startsWith('Case 4');
          shown = await judge(other, shown.id, isSwift ? 'A' : 'B');
        }
        expect(judgedPrompts.size).toBe(5);
      }
      expect(firsts.filter((name) => name === 'swift')).toHaveLength(10);
      const { progress, sums, agreement } = await look(member, id);
      expect(progress).toMatchObject({ verdicts: 20, blindVerdicts: 20, people: 4 });
      expect(sums[0].people).toEqual({ wins: 4, losses: 1, ties: 0 });
      expect(agreement).toMatchObject({ pairs: 5, agreed: 0.8 });
    });

    it('notes who judges after reading the answers beside their names, and takes no verdict twice', async () => {
      const saidByPeople = async () =>
        (await look(member, id)).matrix.map(({ cells: [cell] }: { cells: [{ people: object }] }) => cell.people);
      // What people say of a prompt is told to who has judged it, or does not judge it blind any more.
      expect(await saidByPeople()).toEqual([null, null, null, null, null]);
      const creditsOf = async () => (await look(member, id)).sums[0].credits;
      // Five prompts hide among each other, and four do not.
      expect(await creditsOf()).toBeGreaterThan(0);
      await member.gql('mutation ($id: ID!) { openEvaluationAnswers(id: $id, position: 0) { prompt } }', { id });
      const won = { wins: 1, losses: 0, ties: 0 };
      const said = [won, won, won, won, { wins: 0, losses: 1, ties: 0 }];
      expect(await saidByPeople()).toEqual([won, null, null, null, null]);
      expect(await creditsOf()).toBeNull();
      const shown = [];
      for (let pair = await nextPair(member, id); pair; pair = await judge(member, pair.id, 'TIE')) shown.push(pair);
      expect(shown.map(({ left }) => left)).toEqual([5, 4, 3, 2, 1]);
      expect(await saidByPeople()).toEqual(said);
      expect(await creditsOf()).toBeGreaterThan(0);
      expect((await look(member, id)).progress).toMatchObject({ verdicts: 25, blindVerdicts: 24, people: 5 });
      // All that is said of one prompt hangs together.
      const { rows } = await sql<{ size: number }>`
        select count(*)::integer as size from verdict group by cluster_id order by size desc`.execute(database().db);
      expect(rows.map(({ size }) => size).filter((size) => size > 1)).toEqual([5, 5, 5, 5, 5]);
      const document = 'mutation ($pairId: ID!) { judgeEvaluationPair(pairId: $pairId, verdict: A) { next { id } } }';
      const again = { pairId: shown[0]?.id };
      expect((await member.post(document, again)).errors?.[0]?.message).toMatch(/judged this pair already/);
      expect((await admin.post(document, again)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    });
  });

  it('tells what became worse since the last evaluation of the set', async () => {
    const setId = await newSet(member, ['Again?']);
    const first = await run(member, { setId, modelIds: pair });
    await becomes(member, first, 'DONE');
    const document = `query ($id: ID!) { node(id: $id) { ... on Evaluation {
      regressions { since { id } total regressions { kind model { id } before now } }
    } } }`;
    expect((await member.gql(document, { id: first })).node.regressions).toBeNull();
    const second = await run(member, { setId, modelIds: pair });
    await becomes(member, second, 'DONE');
    expect((await member.gql(document, { id: second })).node.regressions).toEqual({
      since: { id: first },
      total: 0,
      regressions: [],
    });
    await sql`
      update response set text = repeat(text, 2) where id = (
        select id from response where text = 'sage says: Again?' order by created_at desc limit 1
      )`.execute(database().db);
    expect((await member.gql(document, { id: second })).node.regressions.total).toBe(0);
    for (const id of [first, second]) await act(member, 'openEvaluationFigures', id);
    expect((await member.gql(document, { id: second })).node.regressions).toMatchObject({
      total: 1,
      regressions: [{ kind: 'LENGTH', model: { id: 'mock/sage' }, before: 17, now: 34 }],
    });
  });
});
