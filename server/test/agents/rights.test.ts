import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../api/asking.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import {
  call,
  callsOf,
  createWorkshop,
  lastOf,
  text,
  type Worked,
  watch,
  worked,
  workshopCatalogue,
} from './workshop.ts';

const setTools = 'mutation ($input: SetToolsInput!) { setTools(input: $input) { id } }';
const answerDocument = `mutation ($responseId: ID!, $toolCallId: ID!) {
  answerToolCall(responseId: $responseId, toolCallId: $toolCallId, approve: true, remember: false) { id }
}`;

describeDatabases('a call that waits for approval while its member loses the tool', (database) => {
  const shop = createWorkshop();
  let app: TestApp;
  let admin: Client;
  let member: Client;
  let team: string;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
    });
    admin = await app.newMember('Admin');
    member = await app.newMember('Member');
    const made = await admin.gql('mutation { createTeam(input: { name: "Sums" }) { id } }');
    team = made.createTeam.id;
    shop.script('worker', (request) =>
      lastOf(request).parts.some(({ type }) => type === 'toolResult')
        ? [text('Well.')]
        : call('calculator', { expression: '6 * 7' }),
    );
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const set = (input: object) => admin.gql(setTools, { input: { ids: ['calculator'], ...input } });

  it.each([
    ['leaves the team', async () => void (await admin.gql(leave, { teamId: team, userId: await memberId() }))],
    ['has another plan than it is for', async () => void (await set({ teamIds: null, tiers: ['PRO'] }))],
    ['is on a server where it is switched off', async () => void (await set({ enabled: false }))],
  ])('is not made if its member %s', async (_how, lose) => {
    await set({ enabled: true, needsApproval: true, tiers: null, teamIds: [team] });
    await admin.gql(
      'mutation ($teamId: ID!, $email: String!) { addTeamMember(teamId: $teamId, email: $email) { id } }',
      {
        teamId: team,
        email: member.email,
      },
    );
    const { turn } = await ask(member, {
      prompt: 'What is 6 * 7?',
      modelIds: ['lab/worker'],
      toolIds: ['calculator'],
    } as never);
    const response = await eventually(async () => {
      const [one] = (await worked(member, turn.id)) as [Worked];
      expect(callsOf(one)).toMatchObject([{ status: 'WAITING_FOR_APPROVAL' }]);
      return one;
    });
    await lose();
    await member.gql(answerDocument, { responseId: response.id, toolCallId: callsOf(response)[0]?.id });
    await watch(member, turn.id);
    const [after] = (await worked(member, turn.id)) as [Worked];
    expect(callsOf(after)).toMatchObject([
      { status: 'FAILED', result: 'This tool is not available any more.', creditsCharged: 0 },
    ]);
    expect(after).toMatchObject({ status: 'COMPLETED', text: 'Well.' });
  });

  const leave =
    'mutation ($teamId: ID!, $userId: ID!) { setTeamMember(teamId: $teamId, userId: $userId, member: false) { id } }';
  const memberId = async (): Promise<string> => {
    const users = 'query ($search: String!) { admin { users(search: $search) { edges { node { id } } } } }';
    const { edges } = (await admin.gql(users, { search: member.email })).admin.users;
    return edges[0].node.id;
  };
});
