import { expect } from 'vitest';
import { converse, regenerate } from '../api/asking.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { cookiesOf, password } from '../setup/members.ts';

/** A server with everything that members and admins leave behind, and how they find it again. */
export interface House {
  /** What an admin, a member and a program are answered; `url` is where the server is by now. */
  answers(url: string): Promise<unknown>;
  /** What the audit log says of restores. */
  restores(url: string): Promise<string[]>;
  /** Sends one more prompt as the member; returns its answer. */
  goOn(url: string): Promise<string>;
  /** Signs the member in anew. */
  signIn(url: string): Promise<Client>;
}

/** Texts that a careless form would spoil. */
const prompts = [
  'What is "it"?\n\tA\\n [1, null] 😀 \u2028',
  `Long ${'words and more words '.repeat(300)}`,
  '{"rows":1}',
];

/** Signs up an admin and a member, who ask, change, pay and delete. */
export async function inhabit(url: string): Promise<House> {
  const admin = await signUp(url, 'Ada');
  const member = await signUp(url, 'Bo\u0301');
  const { createApiKey } = await member.gql(
    'mutation { createApiKey(name: "A program", monthlyCredits: 5000000, scopes: [READ, PROMPT]) { secret } }',
  );
  await admin.gql('mutation { createInvitation(input: { usesMax: 3 }) { id } }');
  const found = await admin.gql(
    'query ($email: String) { admin { users(search: $email) { edges { node { id } } } } }',
    {
      email: member.email,
    },
  );
  await admin.gql(
    'mutation ($id: ID!) { adjustCredits(userId: $id, amount: 1234, note: "for the workshop") { __typename } }',
    { id: found.admin.users.edges[0].node.id },
  );
  for (const prompt of prompts) {
    const { turn, conversation } = await converse(member, { prompt, modelIds: ['mock/swift', 'mock/sage'] });
    await regenerate(member, turn.responses[0]?.id ?? '');
    await member.gql('mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { id } }', {
      input: { turnId: turn.id, kind: 'TIE', topic: 'backups', note: prompt.slice(0, 100) },
    });
    await converse(member, { prompt: 'And then?', conversationId: conversation.id });
  }
  await converse(connect(url, { key: createApiKey.secret }), { prompt: 'From a program', modelIds: ['mock/swift'] });
  const { conversation: gone } = await converse(member, { prompt: 'To be deleted', modelIds: ['mock/swift'] });
  await member.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: gone.id });
  const at = (place: string) => ({
    admin: connect(place, admin),
    member: connect(place, member),
    program: connect(place, { key: createApiKey.secret }),
  });
  return {
    async answers(place) {
      const people = at(place);
      return {
        admin: withoutRestores(await people.admin.gql(adminDocument)),
        member: await people.member.gql(memberDocument),
        search: await people.member.gql('{ conversations(search: "words") { edges { node { id } } } }'),
        program: await people.program.gql('{ viewer { email } conversations { totalCount } }'),
        csv: await (await fetch(`${place}/export/usage.csv`, { headers: { cookie: member.cookie } })).text(),
        verdicts: await (await fetch(`${place}/export/verdicts.csv`, { headers: { cookie: member.cookie } })).text(),
      };
    },
    async restores(place) {
      const { admin } = await at(place).admin.gql(adminDocument);
      return admin.auditLog.edges.map(noteOf).filter((note: string | null) => note !== null);
    },
    async goOn(place) {
      const { turn } = await converse(at(place).member, { prompt: 'Still there?', modelIds: ['mock/swift'] });
      const { node } = await at(place).member.gql(
        'query ($id: ID!) { node(id: $id) { ... on Turn { responses { text } } } }',
        { id: turn.id },
      );
      return node.responses[0].text;
    },
    async signIn(place) {
      const answer = await fetch(`${place}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: member.email, password }),
      });
      expect(answer.status).toBe(200);
      return connect(place, { cookie: cookiesOf(answer), email: member.email });
    },
  };
}

const adminDocument = `{
  viewer { id email role }
  invitations { id url tier uses usesMax }
  admin {
    users(first: 10) { edges { node { id name email role tier { id } credits { balance held } } } }
    auditLog(first: 50) { edges { node { id action target note createdAt } } }
    usage(groupBy: MODEL) { rows { model { id } credits inputTokens } }
  }
}`;
const memberDocument = `{
  viewer {
    id name email role tier { id }
    apiKeys { id name scopes monthlyCredits }
    credits { balance held entries(first: 50) {
      edges { node { id kind amount balanceAfter note createdAt receipt { credits creditsHeld estimated createdAt } } }
    } }
  }
  conversations(first: 6) { edges { node { id title updatedAt turns(last: 3) { edges { node {
    id prompt createdAt verdict { id kind topic note createdAt best { id } } responses(superseded: true) {
      id lane status text reasoning finishReason creditsHeld creditsCharged model { id } attempts { startedAt }
    }
  } } } } } }
}`;

type Edge = { node: { action: string; note: string } };

function noteOf({ node }: Edge): string | null {
  return node.action === 'restore' ? node.note : null;
}

/** The answer as it was before a restore, which the audit log notes. */
function withoutRestores<Answer extends { admin: { auditLog: { edges: Edge[] } } }>(answer: Answer): Answer {
  const edges = answer.admin.auditLog.edges.filter((edge) => noteOf(edge) === null);
  return { ...answer, admin: { ...answer.admin, auditLog: { ...answer.admin.auditLog, edges } } };
}
