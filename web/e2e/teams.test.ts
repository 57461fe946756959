import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake, emailOf, member, type Person, seriousFaults } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('teams in the browser', () => {
  let polylogue: Polylogue;
  let ada: Person;
  let grace: Person;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ empty: true });
    ada = await member(polylogue, 'Ada');
    grace = await member(polylogue, 'Grace');
  });

  test('an admin makes a team, funds it, and puts an owner into it', async () => {
    const { page, problems } = ada;
    await page.goto('/admin/teams');
    await awake(page);
    await page.getByText('There are no teams yet.').waitFor();
    await page.getByLabel('Name').fill('Research');
    await page.getByLabel('Credits each month').fill('5,000,000');
    await page.getByLabel('Limit for each member, a month').fill('4000000');
    await page.getByRole('button', { name: 'Make the team' }).click();
    const row = page.getByRole('row', { name: /Research/ });
    await row.waitFor();
    expect(await row.getByRole('cell').allTextContents()).toEqual([
      'Researchno owner',
      '0',
      '5,000,000',
      '5,000,000',
      '4,000,000',
      '0',
    ]);
    expect(await seriousFaults(page)).toEqual([]);
    await row.getByRole('link', { name: 'Research' }).click();
    await page.getByRole('heading', { name: '0 members' }).waitFor();
    const add = page.getByLabel('Add somebody by e-mail');
    await add.fill('nobody@example.com');
    await add.press('Enter');
    await page.getByRole('alert').getByText('Nobody here has this e-mail address').waitFor();
    await add.fill(emailOf(polylogue, 'Grace'));
    await add.press('Enter');
    await page.getByRole('heading', { name: '1 member' }).waitFor();
    await page.getByRole('button', { name: 'Make Grace an owner' }).click();
    await page.getByText('· owner').waitFor();
    await page.getByLabel('Credits to give (use a minus to take)').fill('250,000');
    await page.getByLabel('Why').fill('A good idea');
    await page.getByRole('button', { name: 'Give 250,000 credits' }).click();
    await page.locator('[title="5,250,000"]').first().waitFor();
    // Fewer days delete conversations, which is asked first.
    await page.getByLabel('Days that conversations stay').fill('30');
    await page.getByRole('button', { name: 'Save' }).click();
    const question = page.getByRole('dialog', { name: 'Keep conversations for 30 days only?' });
    await question.getByRole('button', { name: 'Save and delete' }).click();
    await page.getByText(/deleted when nothing was asked in them for 30 days/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a member chooses the team at the composer, sees what it has left, and the conversation keeps it', async () => {
    const { page, problems } = grace;
    await page.goto('/');
    await awake(page);
    await page.getByRole('button', { name: 'Paid by you: choose who pays' }).click();
    const choices = page.getByRole('menuitemradio');
    expect(await choices.nth(1).textContent()).toBe('ResearchConversations stay 30 days4M left');
    expect(await choices.nth(0).getAttribute('aria-checked')).toBe('true');
    await choices.nth(1).click();
    const meter = page.getByRole('link', { name: /Research: .* credits available/ });
    expect(await meter.getAttribute('data-available')).toBe('4000000');
    expect(await seriousFaults(page)).toEqual([]);
    const prompt = page.getByRole('textbox', { name: 'Prompt' });
    await prompt.fill('Name a river');
    await prompt.press('Enter');
    await page.waitForURL(/\/c\//);
    // The charge reaches the meter while the page stays.
    await page.waitForFunction(() => {
      const available = document.querySelector('[data-available]')?.getAttribute('data-available');
      return Number(available) < 4_000_000;
    });
    await page.reload();
    await awake(page);
    await page.getByRole('button', { name: 'Paid by Research: choose who pays' }).waitFor();
    await meter.waitFor();
    // A new chat begins with who paid last.
    await page.goto('/');
    await page.getByRole('button', { name: 'Paid by Research: choose who pays' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('an owner reads how long its conversations stay, and sees who spent what, but no settings of it', async () => {
    const { page, problems } = grace;
    await page.goto('/settings');
    await page.getByText('those of Research in which nothing was asked for 30 days').waitFor();
    await page.goto('/usage');
    await page.getByRole('link', { name: /Research · you own it/ }).click();
    await page.getByRole('heading', { name: '1 member' }).waitFor();
    await page.getByRole('link', { name: 'By member' }).click();
    await page.getByRole('row', { name: /Grace/ }).nth(1).waitFor();
    expect(await page.getByRole('heading', { name: 'Settings' }).count()).toBe(0);
    const csv = await page.request.get((await page.getByRole('link', { name: 'CSV' }).getAttribute('href')) ?? '');
    expect(await csv.text()).toMatch(new RegExp(`^user,.*\r\n${emailOf(polylogue, 'Grace')},`));
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a conversation whose team was archived asks who pays, and does not spend the member’s own credits unasked', async () => {
    const { teams } = await ada.graphql<{ teams: { id: string }[] }>('{ teams { id } }');
    await ada.graphql('mutation ($id: ID!) { updateTeam(id: $id, input: { archived: true }) { id } }', teams[0]);
    const { page } = grace;
    await page.goto('/');
    await page
      .getByRole('link', { name: /Name a river|river/i })
      .first()
      .click();
    await page.waitForURL(/\/c\//);
    await page.reload();
    await awake(page);
    await page.getByRole('textbox', { name: 'Prompt' }).fill('Name another');
    await page.getByRole('button', { name: 'Paid by Research, which pays no more: choose who pays' }).waitFor();
    await page.getByRole('textbox', { name: 'Prompt' }).press('Enter');
    await page.getByRole('alert').getByText('The team Research is archived and pays for nothing more.').waitFor();
    await page.getByRole('button', { name: /which pays no more/ }).click();
    await page.getByRole('menuitemradio', { name: /You/ }).click();
    await page.getByRole('textbox', { name: 'Prompt' }).press('Enter');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByText('Name another').first().waitFor();
    // The conversation that is paid by the member shows no choice, as there is no other team.
    await page.reload();
    await awake(page);
    expect(await page.getByRole('button', { name: /choose who pays/ }).count()).toBe(0);
  });
});
