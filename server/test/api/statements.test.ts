import { CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findAdmissionStatement } from '../../src/database/admission.ts';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { recordStatements } from '../setup/statements.ts';
import { ask, expectSettled } from './asking.ts';

describeDatabases('database statements', (database) => {
  let app: TestApp;
  let member: Client;
  const statements = recordStatements();
  let conversationId: string;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      env: { LEASE_SECONDS: '3600' },
      languageModels: { mock: createMockModels({ pace: Number.POSITIVE_INFINITY }) },
    });
    member = await app.newMember();
    const modelIds = ['mock/swift', 'mock/poet', 'mock/thinker', 'mock/faulty'];
    const { conversation } = await ask(member, { prompt: 'Turn 0, midway', modelIds });
    conversationId = conversation.id;
    for (let turn = 1; turn < 50; turn++) {
      await ask(member, { prompt: `Turn ${turn}, midway`, conversationId, modelIds });
    }
    while ((await member.gql('{ viewer { credits { held } } }')).viewer.credits.held > 0);
    await expectSettled(member);
  });
  afterAll(() => app?.close());

  async function counted(query: string, variables?: Record<string, unknown>) {
    statements.length = 0;
    const data = await member.gql(query, variables);
    // The process itself sends only the probes of notifications, as its leases are long.
    return { data, count: statements.filter((text) => !text.includes('pg_notify')).length };
  }

  it('a conversation of 50 turns with 4 responses each is read in at most 12 statements', async () => {
    const { data, count } = await counted(everything, { id: conversationId });
    const { conversation } = data;
    expect(conversation.turns.edges).toHaveLength(50);
    for (const { node } of conversation.turns.edges) {
      expect(node.responses.map(({ status }: { status: string }) => status)).toEqual([
        ...Array(3).fill('COMPLETED'),
        'FAILED',
      ]);
      expect(node.responses.every(({ text }: { text: string }) => text !== '')).toBe(true);
      expect(node.alternatives).toHaveLength(1);
    }
    expect(conversation.turns.totalCount).toBe(50);
    expect(count).toBeLessThanOrEqual(12);
  });

  it('a page of 10 conversations with their models is read in at most 6 statements', async () => {
    for (let number = 0; number < 10; number++) {
      await member.gql('mutation { createConversation(input: {}) { id } }');
    }
    const { data, count } = await counted(
      '{ conversations(first: 10) { totalCount edges { node { id title models { id access { allowed } } } } } }',
    );
    expect(data.conversations.edges).toHaveLength(10);
    expect(count).toBeLessThanOrEqual(6);
  });

  it('a page of 100 ledger entries with their responses is read in at most 8 statements', async () => {
    const { data, count } = await counted(`{ viewer { credits { entries(first: 100) {
      edges { node { id amount response { id text model { id name } turn { id prompt conversation { id title } } } } }
    } } } }`);
    expect(data.viewer.credits.entries.edges).toHaveLength(100);
    expect(count).toBeLessThanOrEqual(8);
  });

  it('the check of a member’s rate reads only turns of the last minute, however many there are', async () => {
    const { db } = database();
    const { id } = await db.selectFrom('user').select('id').executeTakeFirstOrThrow();
    await sql`
      insert into turn (id, conversation_id, user_id, depth, prompt, created_at)
      select gen_random_uuid(), (select id from conversation limit 1), ${id}, 0, 'Old', now() - n * interval '2 minutes'
      from generate_series(1, 5000) as n`.execute(db);
    await sql`analyze turn`.execute(db);
    const { sql: text, parameters } = findAdmissionStatement({ userId: id, newerMax: 9 });
    const explained = CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...parameters]);
    const plan = JSON.stringify((await db.executeQuery(explained)).rows);
    expect(plan).toContain('"Relation Name":"turn"');
    const read = [...plan.matchAll(/"Relation Name":"turn"[^{}]*/g)].map(([node]) => node);
    expect(read.filter((node) => /"Rows Removed by Filter":[^0]/.test(node))).toEqual([]);
  });
});

const everything = `query ($id: ID!) {
  conversation(id: $id) {
    id title pinned archived systemPrompt createdAt updatedAt models { id name }
    turns(first: 50) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { cursor node {
        id prompt createdAt
        conversation { id title }
        parent { id prompt }
        alternatives { id prompt }
        chosen { id }
        responses {
          id lane status text reasoning refusal finishReason creditsHeld creditsCharged firstTokenMs durationMs createdAt finishedAt
          model { id name provider { id name configured } inputPrice outputPrice access { allowed denial message } }
          servedBy { id name }
          citations { url title }
          failure { code message retryable }
          usage { inputTokens cachedInputTokens outputTokens reasoningTokens estimated }
          attempts { model { id name } failure { code message } startedAt durationMs }
          turn { id }
        }
      } }
    }
  }
}`;
