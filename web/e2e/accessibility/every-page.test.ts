import { readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf } from '../setup/chat-page.ts';
import { awake, member, type Person } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';
import { close, faultsOf, faultsOfOverlays } from './faults.ts';

/** Routes without a page of their own: frames of others, and what is no page. */
const frames = ['_chat', '_chat._conversation', 'drawing', 'manifest[.]webmanifest'];

describe.skipIf(!chromiumPath && !everythingIsAsked)('axe', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    // The first member is the admin.
    polylogue = await polylogues.open({ empty: true, settings: { MOCK_PACE: '100', SIGN_UP: 'open' } });
  });

  test('finds nothing on any page, nor in what opens on one, in either theme', { timeout: 240_000 }, async () => {
    const admin = await member(polylogue, 'Ada');
    const { signedOut, signedIn } = await addresses(admin);
    const missing = routes().filter((route) => ![...Object.keys(signedOut), ...Object.keys(signedIn)].includes(route));
    expect(missing, 'pages without an address in this test').toEqual([]);

    const guest = await polylogue.open();
    const faults: string[] = [];
    const opened = new Set<string>();
    for (const [page, paths] of [
      [guest.page, signedOut],
      [admin.page, signedIn],
    ] as const) {
      for (const path of Object.values(paths)) {
        await page.goto(path);
        await awake(page);
        const found = [...(await faultsOf(page)), ...(await faultsOfOverlays(page, opened))];
        faults.push(...found.map((fault) => `${path}: ${fault}`));
      }
    }
    expect(faults).toEqual([]);
    // Menus, dialogs and popovers were found, and not only looked for.
    expect(opened.size).toBeGreaterThan(10);
  });

  test('finds nothing while answers are written, on a phone, or in what keys open', { timeout: 120_000 }, async () => {
    const { page } = await member(polylogue, 'Ada');
    const faults: string[] = [];
    const look = async (where: string, within?: string) =>
      faults.push(...(await faultsOf(page, within)).map((fault) => `${where}: ${fault}`));
    await page.goto('/?model=mock/swift&model=mock/sage&model=mock/thinker');
    await awake(page);
    await promptOf(page).fill('Explain the tides');
    await page.keyboard.press('Enter');
    await page.locator('article[data-response]').first().waitFor();
    await look('writing');
    await expect.poll(() => lanes(page, 'COMPLETED').count(), { timeout: 60_000 }).toBe(3);
    await page.waitForFunction(() => !document.querySelector('[data-unformatted]'));
    await look('answers');
    for (const [keys, role] of [
      ['Control+k', 'dialog'],
      ['Control+/', 'dialog'],
      ['Control+f', 'search'],
    ] as const) {
      await page.keyboard.press(keys);
      await page.getByRole(role).last().waitFor();
      await look(keys, `${role}, [role=${role}]`);
      await page.keyboard.press('Escape');
      await page.getByRole(role).last().waitFor({ state: 'detached' });
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('tab').first().waitFor();
    await look('phone');
    faults.push(...(await faultsOfOverlays(page, new Set())));
    await close(page);
    expect(faults).toEqual([]);
  });
});

/** The routes that are pages, as their files are named. */
function routes(): string[] {
  return readdirSync(new URL('../../app/routes', import.meta.url))
    .filter((name) => !name.endsWith('.graphql'))
    .map((name) => name.replace(/\.tsx?$/, ''))
    .filter((route) => !frames.includes(route));
}

/** An address for each page, with something on it to be seen; a new page needs one here. */
async function addresses(admin: Person): Promise<Record<'signedOut' | 'signedIn', Record<string, string>>> {
  const { path, shareKey } = await sharedConversation(admin);
  const { team, evaluation } = await thingsOfAdmin(admin);
  return {
    signedOut: {
      'sign-in': '/sign-in',
      'sign-in_.code': '/sign-in/code',
      'sign-up': '/sign-up',
      'forgot-password': '/forgot-password',
      'reset-password': '/reset-password?token=none',
      'confirm-email': '/confirm-email?token=none',
      's.$key': `/s/${shareKey}`,
    },
    signedIn: {
      '_chat._conversation._index': '/',
      '_chat._conversation.c.$id': path,
      '_chat.usage': '/usage',
      '_chat.leaderboard': '/leaderboard',
      '_chat.evaluations._index': '/evaluations',
      '_chat.evaluations.$id': `/evaluations/${encodeURIComponent(evaluation)}`,
      '_chat.teams.$id': `/teams/${encodeURIComponent(team)}`,
      '_chat.settings': '/settings',
      '_chat.settings_.files': '/settings/files',
      '_chat.settings_.keys': '/settings/keys',
      '_chat.settings_.presets': '/settings/presets',
      '_chat.settings_.security': '/settings/security',
      '_chat.settings_.shares': '/settings/shares',
      '_chat.settings_.take-along': '/settings/take-along',
      '_chat.admin': '/admin',
      '_chat.admin._index': '/admin',
      '_chat.admin.audit': '/admin/audit',
      '_chat.admin.invitations': '/admin/invitations',
      '_chat.admin.models': '/admin/models',
      '_chat.admin.providers': '/admin/providers',
      '_chat.admin.settings': '/admin/settings',
      '_chat.admin.start': '/admin/start',
      '_chat.admin.teams': '/admin/teams',
      '_chat.admin.tools': '/admin/tools',
      '_chat.admin.users': '/admin/users',
      $: '/no-such-page',
    },
  };
}

async function sharedConversation({ answered, graphql }: Person): Promise<{ path: string; shareKey: string }> {
  const { path } = await answered('Explain the tides', ['mock/swift', 'mock/poet']);
  const { shareConversation } = await graphql<{ shareConversation: { url: string } }>(
    'mutation ($input: ShareInput!) { shareConversation(input: $input) { url } }',
    { input: { conversationId: decodeURIComponent(path.slice('/c/'.length)), audience: 'LINK' } },
  );
  return { path, shareKey: shareConversation.url.split('/').at(-1) ?? '' };
}

/** Something for each list. */
async function thingsOfAdmin({ graphql }: Person): Promise<{ team: string; evaluation: string }> {
  const made = await graphql<{ createTeam: { id: string }; createPromptSet: { id: string } }>(`mutation {
    createTeam(input: { name: "Lab" }) { id }
    createPromptSet(input: { name: "Boats" }, prompts: { prompts: [{ prompt: "Name a boat" }] }) { id }
    createPreset(input: { name: "Short", modelIds: ["mock/swift"] }) { id }
    createApiKey(name: "Script") { __typename }
    createInvitation(input: {}) { id }
  }`);
  const { runEvaluation } = await graphql<{ runEvaluation: { evaluation: { id: string } } }>(
    `mutation ($input: RunEvaluationInput!) {
      runEvaluation(input: $input) { ... on RunEvaluationPayload { evaluation { id } } ... on Error { message } }
    }`,
    { input: { setId: made.createPromptSet.id, modelIds: ['mock/swift', 'mock/poet'] } },
  );
  return { team: made.createTeam.id, evaluation: runEvaluation.evaluation.id };
}
