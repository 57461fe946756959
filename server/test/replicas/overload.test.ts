import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { expectSettled, send } from '../api/asking.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, type WireServer } from '../wire-server.ts';

const modelIds = ['openai/gpt-4.1'];

describeDatabases('a server at its limit of running answers', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let members: Client[];
  const running = new Map<Client, string[]>();
  beforeAll(async () => {
    wire = await startWireServer();
    const env = { RUNNING_RESPONSES_MAX: '6', RUNNING_RESPONSES_PER_MEMBER_MAX: '4' };
    const models = modelIds.map((id) => ({ id, minimumTier: 'FREE' }));
    app = await startApp({ database: database(), wire, catalogue: { models }, env });
    members = [await app.newMember(), await app.newMember(), await app.newMember()];
  });
  beforeEach(() => {
    wire.respondWith(({ api }) => ({ body: streamBeginning(api, { text: ['And '] }), ending: 'stall' }));
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  it('refuses prompts beyond a member’s limit, with a time to wait, however many come at once', async () => {
    const [member] = members as [Client];
    const results = await Promise.all(crowd(8).map(() => goOn(member)));
    expectAdmitted(results, 4);
    const admitted = results.filter(({ turn }) => turn);
    await stop(member, admitted[0].turn.id);
    expectAdmitted([await goOn(member)], 1);
    expectAdmitted([await goOn(member)], 0);
    await stopAll();
  });

  it('refuses prompts beyond its own limit, with a time to wait, however many come at once', async () => {
    const asking = members.flatMap((member) => crowd(4).map(() => member));
    const results = await Promise.all(asking.map((member) => goOn(member)));
    expectAdmitted(results, 6);
    await stopAll();
    for (const member of members) {
      expectAdmitted([await goOn(member)], 1);
      await stopAll();
      await expectSettled(member);
    }
  });

  it('returns the first result to a retry, which needs no room', async () => {
    const [member, other] = members as [Client, Client];
    const first = await goOn(member, 'the first');
    expectAdmitted(await Promise.all(crowd(3).map(() => goOn(member))), 3);
    expectAdmitted(await Promise.all(crowd(3).map(() => goOn(other))), 2);
    expect((await goOn(member, 'the first')).turn.id).toBe(first.turn.id);
    expectAdmitted([await goOn(other, 'another')], 0);
    await stopAll();
  });

  async function goOn(member: Client, idempotencyKey?: string) {
    const result = await send(member, { prompt: 'Go on', modelIds, ...(idempotencyKey && { idempotencyKey }) });
    if (result.turn) running.set(member, [...(running.get(member) ?? []), result.turn.id]);
    return result;
  }

  /** Expects that exactly `admitted` prompts were taken and that the others got a time to wait. */
  function expectAdmitted(results: Awaited<ReturnType<typeof send>>[], admitted: number) {
    const refused = results.filter(({ __typename }) => __typename !== 'SendPromptPayload');
    expect(results.length - refused.length).toBe(admitted);
    for (const { __typename, retryAfterSeconds } of refused) {
      expect(__typename).toBe('RateLimitError');
      expect(retryAfterSeconds).toBeGreaterThan(0);
    }
  }

  async function stopAll() {
    for (const [member, turnIds] of running) for (const id of turnIds.splice(0)) await stop(member, id);
  }

  async function stop(member: Client, turnId: string) {
    await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turnId });
  }
});

const crowd = (size: number) => Array.from({ length: size });
