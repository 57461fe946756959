import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { modelIds, prepareReplicas, type Replicas } from '../replicas/replicas.ts';
import { connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';

describe.runIf(inject('databases').postgres)('a server that is killed while a title is written', () => {
  let database: TestDatabase & { url: string };
  let wire: WireServer;
  let replicas: Replicas;
  beforeAll(async () => {
    database = await openCopy('template');
    wire = await startWireServer();
    replicas = await prepareReplicas({ databaseUrl: database.url, wire, env: { LEASE_SECONDS: '1' } });
  });
  afterAll(async () => {
    await replicas?.close();
    await wire?.close();
    await database?.close();
  });

  it('leaves the title of the prompt, nothing held, and nobody who asks again', { timeout: 120_000 }, async () => {
    const victim = await replicas.start();
    const admin = await signUp(victim.url);
    await admin.gql('mutation ($id: ID!) { setTitleModel(modelId: $id) { problem } }', { id: modelIds[0] });
    const asksForTitle = () => wire.requests.filter(({ bytes }) => bytes.includes('You name conversations')).length;
    wire.respondWith(() => ({ silent: true }));
    const { conversation, turn } = await converse(admin, { prompt: 'A sudden end', modelIds: ['mock/swift'] });
    await eventually(() => expect(asksForTitle()).toBe(1));
    await victim.kill();
    const heir = await replicas.start();
    await eventually(async () => {
      const receipts = await database.db.selectFrom('receipt').select('status').where('user_id', 'is', null).execute();
      expect(receipts).toEqual([{ status: 'INTERRUPTED' }]);
    });
    const there = connect(heir.url, admin);
    await there.gql('mutation ($id: ID!) { regenerateResponse(responseId: $id) { __typename } }', {
      id: turn.responses[0]?.id,
    });
    await converse(there, { prompt: 'Going on', conversationId: conversation.id, modelIds: ['mock/swift'] });
    expect(asksForTitle()).toBe(1);
    const shown = await there.gql('query ($id: ID!) { conversation(id: $id) { title } }', { id: conversation.id });
    expect(shown.conversation.title).toBe('A sudden end');
    const { held } = await database.db
      .selectFrom('credit_account')
      .select('held')
      .where('house', '=', true)
      .executeTakeFirstOrThrow();
    expect(held).toBe(0);
    await expectReconciled(database.db);
    await heir.stop();
  });
});
