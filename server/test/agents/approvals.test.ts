import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import type { ModelRequest } from '../../src/ports/language-model.ts';
import { ask } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';
import {
  call,
  callsOf,
  createWorkshop,
  lastOf,
  makeTool,
  text,
  told,
  type Worked,
  watch,
  worked,
  workshopCatalogue,
} from './workshop.ts';

const answerDocument = `mutation ($responseId: ID!, $toolCallId: ID!, $approve: Boolean!, $remember: Boolean!) {
  answerToolCall(responseId: $responseId, toolCallId: $toolCallId, approve: $approve, remember: $remember) { id }
}`;

describeDatabases('a call that needs approval', (database) => {
  const shop = createWorkshop();
  let app: TestApp;
  let member: Client;
  const mail = makeTool('mail', () => told('Sent.'), { isReadOnly: false });
  const options = () => ({ catalogue: workshopCatalogue, languageModels: { lab: shop.languageModel }, tools: [mail] });

  beforeAll(async () => {
    app = await startApp({ database: database(), ...options() });
  });
  beforeEach(async () => {
    mail.requests.length = 0;
    member = await app.newMember();
    const mails = (request: ModelRequest) =>
      lastOf(request).parts.some(({ type }) => type === 'toolResult') ? [text('Well.')] : call('mail', { to: 'Ann' });
    shop.script('worker', mails);
    shop.script('helper', mails);
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const input = (more: object = {}) => ({ prompt: 'Mail Ann', modelIds: ['lab/worker'], toolIds: ['mail'], ...more });

  /** The responses of the turn, once a call of each waits. */
  async function waiting(turnId: string): Promise<Worked[]> {
    return eventually(async () => {
      const responses = await worked(member, turnId);
      for (const one of responses) expect(callsOf(one)).toMatchObject([{ status: 'WAITING_FOR_APPROVAL' }]);
      return responses;
    });
  }

  async function answer(response: Worked | undefined, approve: boolean, { remember = false, by = member } = {}) {
    const [first] = callsOf(response as Worked);
    return by.post(answerDocument, { responseId: response?.id, toolCallId: first?.id, approve, remember });
  }

  it('waits for its member, and is made when they approve it', async () => {
    const { turn } = await ask(member, input());
    const [response] = await waiting(turn.id);
    expect(mail.requests).toEqual([]);
    expect((await answer(response, true)).errors).toBeUndefined();
    const events = await watch(member, turn.id);
    expect(events.at(-1)).toMatchObject({ response: { status: 'COMPLETED', text: 'Well.' } });
    expect(mail.requests).toHaveLength(1);
    // A second answer, from another tab, changes nothing.
    expect((await answer(response, false)).errors).toBeUndefined();
    expect(callsOf((await worked(member, turn.id))[0] as Worked)).toMatchObject([{ status: 'DONE', result: 'Sent.' }]);
  });

  it('is not made when they refuse it, and the model is told so', async () => {
    const { turn } = await ask(member, input());
    const [response] = await waiting(turn.id);
    await answer(response, false);
    await watch(member, turn.id);
    const [after] = await worked(member, turn.id);
    expect(callsOf(after as Worked)).toMatchObject([{ status: 'REFUSED', result: null }]);
    expect(after).toMatchObject({ status: 'COMPLETED', text: 'Well.' });
    expect(mail.requests).toEqual([]);
    expect(JSON.stringify(lastOf(shop.requests.at(-1) as ModelRequest))).toContain('The user refused this call');
  });

  it.each([true, false])(
    'is not asked for again in the conversation once its answer is remembered (%s)',
    async (approve) => {
      const { turn, conversation } = await ask(member, input());
      const [response] = await waiting(turn.id);
      await answer(response, approve, { remember: true });
      await watch(member, turn.id);
      const { turn: next } = await ask(member, input({ conversationId: conversation.id }));
      const events = await watch(member, next.id);
      expect(JSON.stringify(events)).not.toContain('WAITING_FOR_APPROVAL');
      expect(callsOf((await worked(member, next.id))[0] as Worked)).toMatchObject([
        { status: approve ? 'DONE' : 'REFUSED' },
      ]);
      // In another conversation it is.
      const { turn: other } = await ask(member, input());
      await answer((await waiting(other.id))[0], false);
      await watch(member, other.id);
    },
  );

  it('is made when its member allowed the tool at the moment when the call began to wait', async () => {
    const { turn } = await ask(member, input());
    const [response] = await waiting(turn.id);
    const { db } = database();
    await db
      .insertInto('tool_permission')
      .columns(['conversation_id', 'user_id', 'tool_id', 'allowed'])
      .expression(
        db
          .selectFrom('response')
          .innerJoin('tool_call', 'tool_call.response_id', 'response.id')
          .select((eb) => [
            'response.conversation_id',
            'response.user_id',
            eb.val('mail').as('tool_id'),
            eb.lit(true).as('allowed'),
          ])
          .where('tool_call.id', '=', callsOf(response as Worked)[0]?.id ?? '')
          .$narrowType<{ conversation_id: string }>(),
      )
      .execute();
    await watch(member, turn.id);
    expect(callsOf((await worked(member, turn.id))[0] as Worked)).toMatchObject([{ status: 'DONE' }]);
  });

  it('is answered by the first word, and no later one is remembered', async () => {
    const { turn } = await ask(member, input());
    const [response] = await waiting(turn.id);
    await answer(response, false);
    await answer(response, true, { remember: true });
    await watch(member, turn.id);
    expect(callsOf((await worked(member, turn.id))[0] as Worked)).toMatchObject([{ status: 'REFUSED' }]);
    const permissions = await database()
      .db.selectFrom('tool_permission')
      .innerJoin('user', 'user.id', 'user_id')
      .where('email', '=', member.email)
      .select('allowed')
      .execute();
    expect(permissions).toEqual([]);
  });

  it('is answered once for all lanes that ask the same', async () => {
    const { turn } = await ask(member, input({ modelIds: ['lab/worker', 'lab/helper'] }));
    const [response] = await waiting(turn.id);
    await answer(response, true);
    await watch(member, turn.id);
    for (const one of await worked(member, turn.id)) expect(callsOf(one)).toMatchObject([{ status: 'DONE' }]);
    expect(mail.requests).toHaveLength(2);
  });

  it('is refused when nobody answers in time', async () => {
    const { turn } = await ask(member, input());
    await waiting(turn.id);
    await database()
      .db.updateTable('tool_call')
      .set({ waits_until: new Date() })
      .where('status', '=', 'WAITING_FOR_APPROVAL')
      .execute();
    await watch(member, turn.id);
    expect(callsOf((await worked(member, turn.id))[0] as Worked)).toMatchObject([
      { status: 'REFUSED', result: expect.stringContaining('did not answer in time') },
    ]);
  });

  it('is answered by nobody else', async () => {
    const { turn } = await ask(member, input());
    const [response] = await waiting(turn.id);
    const stranger = await app.newMember();
    expect((await answer(response, true, { by: stranger })).errors).toMatchObject([
      { extensions: { code: 'NOT_FOUND' } },
    ]);
    await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    const [stopped] = await worked(member, turn.id);
    expect(stopped).toMatchObject({ status: 'STOPPED' });
    expect(callsOf(stopped as Worked)).toMatchObject([{ status: 'FAILED' }]);
    expect(mail.requests).toEqual([]);
  });

  it('is answered from another replica, and shown there', async () => {
    const { url } = database();
    if (url === null) return;
    const elsewhere = await openDatabase({ databaseUrl: url, dataDir: '', log: testLog });
    const replica = await startApp({ database: { ...elsewhere, url }, ...options() });
    try {
      const there = connect(replica.url, { cookie: member.cookie });
      const { turn } = await ask(member, input());
      const [response] = await waiting(turn.id);
      await eventually(async () => {
        expect(callsOf((await worked(there, turn.id))[0] as Worked)).toMatchObject([
          { status: 'WAITING_FOR_APPROVAL', arguments: '{"to":"Ann"}' },
        ]);
      });
      await answer(response, true, { by: there });
      const events = await watch(there, turn.id);
      expect(events.at(-1)).toMatchObject({ response: { status: 'COMPLETED', text: 'Well.' } });
      const calls = events.filter(({ __typename }) => __typename === 'ToolCallChanged');
      expect(calls.at(-1).part).toMatchObject({ status: 'DONE', result: 'Sent.' });
    } finally {
      await replica.close();
      await elsewhere.close();
    }
  });

  it('still waits after its server was restarted', async () => {
    const { turn } = await ask(member, input());
    await waiting(turn.id);
    await app.close();
    app = await startApp({ database: database(), ...options() });
    member = connect(app.url, { cookie: member.cookie });
    const [response] = await waiting(turn.id);
    await eventually(async () => {
      await answer(response, true);
      expect(await worked(member, turn.id)).toMatchObject([{ status: 'COMPLETED', text: 'Well.' }]);
    });
    expect(mail.requests).toHaveLength(1);
  });
});
