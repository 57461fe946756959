import type { Page } from 'playwright-core';
import { beforeAll, describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked, watch } from './setup/browser.ts';
import { awake, drawn, emailOf, member, openPalette, type Person, seriousFaults } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('the admin pages in the browser', () => {
  let polylogue: Polylogue;
  let ada: Person;
  let grace: Person;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ empty: true });
    ada = await member(polylogue, 'Ada');
    grace = await member(polylogue, 'Grace');
    await Promise.all([
      ada.answered('Name a river', ['mock/swift', 'mock/thinker']),
      grace.answered('Name a mountain', ['mock/swift', 'mock/faulty']),
    ]);
  });

  test('the overview shows the sums of all ledgers and receipts', async () => {
    const receipts = [...(await receiptsOf(ada)), ...(await receiptsOf(grace))];
    const { page, problems } = ada;
    // The answer that failed before its first character counts as an answer without cost.
    const total = [...figuresOf(receipts), 4, 1];
    for (const by of ['day', 'provider']) {
      await page.goto(`/admin?by=${by}`);
      expect(await rowsOf(page)).toEqual([total, total]);
    }
    await page.goto('/admin?by=user');
    expect(await rowsOf(page, { sorted: true })).toEqual(
      [[...figuresOf(await receiptsOf(ada)), 2, 0], [...figuresOf(await receiptsOf(grace)), 2, 1], total].toSorted(
        byCredits,
      ),
    );
    await page.goto('/admin?by=model');
    const models = ['mock/swift', 'mock/thinker', 'mock/faulty'].map((id) => {
      const own = receipts.filter(({ model }) => model.id === id);
      const failed = id === 'mock/faulty' ? 1 : 0;
      return [...figuresOf(own), own.length + failed, failed];
    });
    expect(await rowsOf(page, { sorted: true })).toEqual([...models, total].toSorted(byCredits));
    const tiles = await page
      .locator('[data-exact]')
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-exact')));
    const [credits, , input = 0, output = 0] = total;
    expect(tiles.slice(0, 4).map(Number)).toEqual([4, 1, input + output, credits]);
    expect(problems).toEqual([]);
  });

  test('the report can be downloaded as CSV, with the same time and group', async () => {
    const { page } = ada;
    await page.goto('/admin?by=model&from=2020-01-01&to=2099-12-31');
    const href = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
    const csv = await (await page.request.get(href ?? '')).text();
    const [head, ...lines] = csv.trim().split('\r\n');
    expect(head).toMatch(/^model,/);
    expect(lines.map((line) => line.split(',')[0]).toSorted()).toEqual(['mock/faulty', 'mock/swift', 'mock/thinker']);
  });

  test('the admin pages tell a member that they are for admins and auditors only', async () => {
    for (const path of [
      '/admin',
      '/admin/users',
      '/admin/invitations',
      '/admin/providers',
      '/admin/models',
      '/admin/tools',
      '/admin/audit',
    ]) {
      expect((await grace.page.goto(path))?.status()).toBe(403);
      await grace.page.getByRole('heading', { name: 'For admins and auditors only' }).waitFor();
    }
    await grace.page.getByRole('link', { name: 'Your usage', exact: true }).click();
    await grace.page.getByRole('heading', { name: 'Ledger' }).waitFor();
    // The browser reports each refused page as an error, and reports nothing else.
    expect(grace.problems.splice(0).filter((problem) => !problem.includes('403'))).toEqual([]);
  });

  test('the palette leads to the usage page, and only an admin to the admin pages', async () => {
    const open = async (page: Page, name: string) => {
      await page.goto('/');
      await openPalette(page);
      await page.getByRole('combobox', { name: 'Search conversations, models and actions' }).fill(name);
      return page.getByRole('listbox', { name: 'Commands' });
    };
    await (await open(grace.page, 'admin')).getByText('Nothing found.').waitFor();
    await (await open(grace.page, 'usage')).getByRole('option', { name: 'Usage' }).click();
    await grace.page.waitForURL('**/usage');
    await (await open(ada.page, 'admin')).getByRole('option', { name: 'Admin' }).click();
    await ada.page.waitForURL('**/admin');
    expect([...ada.problems, ...grace.problems]).toEqual([]);
  });

  test('the last admin cannot resign, and the page shows the reason', async () => {
    const { page, problems } = ada;
    await page.goto('/admin/users');
    await page.getByRole('combobox', { name: 'Role of Ada' }).selectOption('Member');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop being an admin' }).click();
    await page.getByRole('alert').filter({ hasText: 'This is the last admin.' }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Role of Ada' }).inputValue()).toBe('ADMIN');
    expect(problems).toEqual([]);
  });

  test('a suspended member is signed out of the open page, and can sign in again after reinstatement', async () => {
    const { page } = await member(polylogue, 'Alan');
    await page.goto('/');
    await page.getByRole('link', { name: /credits available/ }).waitFor();
    await ada.page.goto('/admin/users?search=alan');
    await ada.page.getByRole('button', { name: 'Suspend' }).click();
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
    await ada.page.getByText('■ suspended').waitFor();

    await page.waitForURL('**/sign-in**');
    const signIn = async () => {
      await page.getByLabel('E-mail').fill(emailOf(polylogue, 'Alan'));
      await page.getByLabel('Password').fill('correct horse');
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    await signIn();
    await page.getByText('This account is suspended.').waitFor();

    await ada.page.getByRole('button', { name: 'Reinstate' }).click();
    await ada.page.getByRole('button', { name: 'Suspend' }).waitFor();
    await signIn();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).waitFor();
    expect(ada.problems).toEqual([]);
  });

  test('an invitation is created, used by a guest for its plan, and revoked', async () => {
    const { page, problems } = ada;
    await page.goto('/admin/invitations');
    await page.getByLabel('Plan').selectOption('Pro');
    await page.getByLabel('Can be used').selectOption('several times');
    await page.getByLabel('Times', { exact: true }).fill('2');
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = new URL((await page.getByRole('status').locator('code').textContent()) ?? '');
    await page.getByRole('row', { name: /Open Pro 0 of 2/ }).waitFor();

    const guest = await polylogue.open();
    await guest.page.goto(link.pathname + link.search);
    await guest.page.getByText('You are invited to this server.').waitFor();
    await guest.page.getByLabel('Name').fill('Barbara');
    await guest.page.getByLabel('E-mail').fill(emailOf(polylogue, 'Barbara'));
    await guest.page.getByLabel('Password').fill('correct horse');
    await guest.page.getByRole('button', { name: 'Create account' }).click();
    await guest.page.getByText('Barbara · Pro').first().waitFor();

    await page.goto('/admin/invitations');
    const row = page.getByRole('row', { name: /Open Pro 1 of 2/ });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name: /Revoked Pro 1 of 2/ }).waitFor();
    const late = await polylogue.open();
    await late.page.goto(link.pathname + link.search);
    await late.page.getByLabel('Name').fill('Late');
    await late.page.getByLabel('E-mail').fill(emailOf(polylogue, 'Late'));
    await late.page.getByLabel('Password').fill('correct horse');
    await late.page.getByRole('button', { name: 'Create account' }).click();
    await late.page.getByRole('alert').filter({ hasText: 'This invitation is not valid' }).waitFor();

    await page.goto('/admin/audit');
    await page.getByRole('row', { name: `Ada invited ${emailOf(polylogue, 'Barbara')}` }).waitFor();
    expect([...problems, ...guest.problems]).toEqual([]);
  });

  test('a disabled model cannot be asked, and the audit log names the admin', async () => {
    const { page, problems } = ada;
    await page.goto('/admin/models?search=poet');
    await page.getByRole('switch', { name: 'Offer Poet' }).click();
    await expect
      .poll(() => page.getByRole('switch', { name: 'Offer Poet' }).getAttribute('aria-checked'))
      .toBe('false');
    await expect(grace.ask('Name a bird', ['mock/poet'])).rejects.toThrow('Poet is switched off by the admin.');
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByRole('row', { name: /Ada switched off mock\/poet/ }).waitFor();
    expect(problems).toEqual([]);
  });

  test('the model search keeps the cursor while typing, and follows the address', async () => {
    const { page, problems } = ada;
    await page.goto('/admin/models');
    await awake(page);
    const field = page.getByRole('searchbox', { name: 'Search models' });
    await field.click();
    await page.keyboard.type('mok');
    await page.keyboard.press('ArrowLeft');
    for (const letter of 'cc') {
      await page.keyboard.press(letter);
      await drawn(page);
    }
    expect(await field.inputValue()).toBe('mocck');
    await page.waitForURL('**/admin/models?search=mocck');
    await page.getByRole('heading', { name: '0 models' }).waitFor();
    // The field follows the address when it changes.
    await page.getByRole('navigation', { name: 'Admin' }).getByRole('link', { name: 'Models' }).click();
    await expect.poll(() => field.inputValue()).toBe('');
    expect(problems).toEqual([]);
  });

  describe('accessibility', () => {
    beforeAll(async () => {
      // So many invitations make the list and the log higher than a page.
      for (let made = 0; made < 20; made++) {
        await ada.graphql('mutation { createInvitation(input: {}) { id } }');
      }
    });

    test.each(['/admin', '/admin/users', '/admin/invitations', '/admin/models', '/admin/audit'])(
      'the page %s has no serious accessibility fault and fits a phone',
      async (path) => {
        const page = await ada.page.context().newPage();
        const problems = watch(page);
        await page.goto(path);
        await page.getByRole('table').first().waitFor();
        expect(await seriousFaults(page)).toEqual([]);
        await page.setViewportSize({ width: 390, height: 844 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
        expect(await seriousFaults(page)).toEqual([]);
        expect(problems).toEqual([]);
        await page.close();
      },
    );
  });
});

interface Receipt {
  credits: number;
  model: { id: string };
  buckets: { bucket: string; tokens: number; price: number }[];
}

/** The receipts of all charges in a member's ledger. Each charge equals its receipt. */
async function receiptsOf({ graphql }: Person): Promise<Receipt[]> {
  const { viewer } = await graphql<{
    viewer: { credits: { entries: { edges: { node: { amount: number; receipt: Receipt | null } }[] } } };
  }>(
    `{ viewer { credits { entries(first: 100) { edges { node {
      amount receipt { credits model { id } buckets { bucket tokens price } }
    } } } } } }`,
  );
  return viewer.credits.entries.edges.flatMap(({ node: { amount, receipt } }) => {
    if (receipt) expect(amount).toBe(-receipt.credits);
    return receipt ?? [];
  });
}

/** Credits, cost in ten-thousandths of a USD, input tokens and output tokens. A million credits are a dollar. */
function figuresOf(receipts: readonly Receipt[]): number[] {
  const sum = (of: (receipt: Receipt) => number) => receipts.reduce((total, receipt) => total + of(receipt), 0);
  const tokens = (isOutput: boolean) =>
    sum(({ buckets }) =>
      buckets
        .filter(({ bucket }) => ['OUTPUT', 'REASONING'].includes(bucket) === isOutput)
        .reduce((total, bucket) => total + bucket.tokens, 0),
    );
  const millionths = sum(({ buckets }) => buckets.reduce((total, { tokens, price }) => total + tokens * price, 0));
  return [sum(({ credits }) => credits), Math.round(millionths / 100_000_000), tokens(false), tokens(true)];
}

/** The rows and the foot of the table: credits, cost in ten-thousandths of a USD, input, output, answers, failures. */
async function rowsOf(page: Page, { sorted = false } = {}): Promise<number[][]> {
  const rows = await page
    .getByRole('table', { name: /^Figures by/ })
    .locator('tbody tr, tfoot tr')
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')));
  const figures = rows.map(([, credits, cost, answers, failed, input, output]) => [
    toNumber(credits),
    // A cost too small to be shown reads as less than the smallest one.
    cost?.startsWith('<') ? 0 : Math.round(toNumber(cost) * 10_000),
    toNumber(input),
    toNumber(output),
    toNumber(answers),
    toNumber(failed),
  ]);
  return sorted ? figures.toSorted(byCredits) : figures;
}

function toNumber(text: string | undefined): number {
  return Number(text?.replaceAll(/[$,]/g, ''));
}

function byCredits(one: number[], other: number[]): number {
  return (other[0] ?? 0) - (one[0] ?? 0) || (other[2] ?? 0) - (one[2] ?? 0);
}
