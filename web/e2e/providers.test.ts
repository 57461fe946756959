import type { Locator, Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { findPostgresBin } from '../../server/test/setup/databases.ts';
import {
  modelListBody,
  startWireServer,
  streamBeginning,
  streamBody,
  type WireServer,
} from '../../server/test/wire-server.ts';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { lanes, send } from './setup/chat-page.ts';
import { awake, member, type Person, seriousFaults } from './setup/people.ts';
import { test } from './setup/polylogue.ts';

const { TEST_DATABASE_URL, TEST_POSTGRES_BIN } = process.env;
const hasPostgres = Boolean(TEST_DATABASE_URL ?? TEST_POSTGRES_BIN ?? findPostgresBin());
const canRun = (chromiumPath && hasPostgres) || everythingIsAsked;

const key = 'key-of-the-workshop-0123456789-wxyz';
const rotated = 'key-of-the-workshop-9876543210-qrst';
const slow = 'Take your time';

describe.skipIf(!canRun)('the providers of two replicas in the browser', () => {
  let wire: WireServer;
  let ada: Person;
  /** A member at the other replica. */
  let grace: Person;
  let names = ['model-a', 'model-b'];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });

  test.beforeAll(async ({ polylogues }) => {
    wire = await startWireServer();
    wire.respondWith(({ api, body }) => {
      if (api === 'openai.models')
        return { headers: { 'content-type': 'application/json' }, body: modelListBody(api, names) };
      const end = { text: ['and it ends.'], usage: { input: 9, output: 9 } };
      if (!JSON.stringify(body).includes(slow)) return { body: streamBody(api, end) };
      const beginning = streamBeginning(api, { text: ['It begins, '] });
      return { pauses: [[beginning, released] as const, [streamBody(api, end), 0] as const] };
    });
    const [here, there] = await polylogues.openReplicas();
    ada = await member(here, 'Ada');
    grace = await member(there, 'Grace');
  });
  test.afterAll(async () => {
    release();
    await wire?.close();
  });

  const itemOf = (page: Page): Locator =>
    page.getByRole('list', { name: 'Providers' }).getByRole('listitem').filter({ hasText: 'Workshop' });
  const keyLastSent = () => wire.requests.findLast(({ api }) => api === 'openai.chat')?.headers.authorization;
  const knowsModel = async () =>
    (await grace.graphql<{ models: { id: string }[] }>('{ models { id } }')).models.some(
      ({ id }) => id === 'workshop/model-a',
    );

  test('an admin adds a provider and a model, which both replicas offer, and rotates and removes its key while it answers', async () => {
    const { page, problems } = ada;
    await page.goto('/admin/providers');
    await awake(page);
    await page.getByRole('button', { name: 'Add a provider' }).click();
    const form = page.getByRole('dialog', { name: 'Add a provider' });
    const keyField = form.getByLabel('Key', { exact: true });
    expect(await keyField.getAttribute('type')).toBe('password');
    expect(await keyField.getAttribute('autocomplete')).toBe('off');
    expect(await seriousFaults(page)).toEqual([]);
    await form.getByLabel('Id', { exact: true }).fill('workshop');
    await form.getByLabel('Name', { exact: true }).fill('Workshop');
    await form.getByLabel('Address').fill('ftp://127.0.0.1/v1');
    await keyField.fill(key);
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByRole('alert').filter({ hasText: 'begins with http:// or https://' }).waitFor();
    await form.getByLabel('Address').fill(`${wire.url}/v1`);
    await form.getByRole('button', { name: 'Save' }).click();
    await itemOf(page).getByText('ending in wxyz').waitFor();

    await page.getByRole('button', { name: 'Test Workshop' }).click();
    await itemOf(page).getByRole('status').filter({ hasText: 'It lists 2 models.' }).waitFor();
    expect(keyLastSent()).toBe(`Bearer ${key}`);
    await addModel(page);
    expect(await page.content()).not.toContain(key);

    await expect.poll(knowsModel).toBe(true);
    await grace.page.goto('/?model=workshop/model-a');
    await awake(grace.page);
    await send(grace.page, slow);
    await grace.page.getByText('It begins,').waitFor();

    await page.getByRole('button', { name: 'Change Workshop' }).click();
    const change = page.getByRole('dialog', { name: 'Workshop' });
    expect(await change.getByLabel('Key', { exact: true }).inputValue()).toBe('');
    await change.getByLabel('Key', { exact: true }).fill(rotated);
    await change.getByRole('button', { name: 'Save' }).click();
    await itemOf(page).getByText('ending in qrst').waitFor();
    await expect
      .poll(async () => {
        await grace.answered('Which key?', ['workshop/model-a']);
        return keyLastSent();
      })
      .toBe(`Bearer ${rotated}`);

    await page.getByRole('button', { name: 'Remove Workshop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await itemOf(page).waitFor({ state: 'detached' });
    await expect.poll(knowsModel).toBe(false);
    expect(await lanes(grace.page, 'COMPLETED').count()).toBe(0);
    release();
    await lanes(grace.page, 'COMPLETED').getByText('It begins, and it ends.').waitFor();
    await expect(grace.ask('Once more', ['workshop/model-a'])).rejects.toThrow();
    expect([...problems, ...grace.problems]).toEqual([]);
  });

  test('models that a provider lists anew are counted until an admin has seen them', async () => {
    const input = { id: 'workshop', name: 'Workshop', kind: 'OPENAI_COMPATIBLE', baseUrl: `${wire.url}/v1` };
    await ada.graphql('mutation ($input: SetProviderInput!) { setProvider(input: $input) { id } }', {
      input: { ...input, apiKey: key },
    });
    const { page, problems } = ada;
    await page.goto('/admin/providers');
    await awake(page);
    const look = async (count: number) => {
      await page.getByRole('button', { name: 'Test Workshop' }).click();
      await itemOf(page)
        .getByRole('status')
        .filter({ hasText: `It lists ${count} models.` })
        .waitFor();
    };
    await look(2);
    names = [...names, 'model-c'];
    await look(3);
    await itemOf(page).getByText('1 new model').waitFor();
    await page.getByRole('button', { name: 'Models of Workshop' }).click();
    const list = page.getByRole('dialog', { name: 'Models of Workshop' });
    await list.getByRole('listitem').first().getByText('model-c').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await list.getByRole('button', { name: 'Mark as seen' }).click();
    await list.getByRole('button', { name: 'Mark as seen' }).waitFor({ state: 'detached' });
    await list.getByRole('button', { name: 'Close' }).click();
    await itemOf(page).getByText('1 new model').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('the page has no serious accessibility fault and fits a phone', async () => {
    const page = await ada.page.context().newPage();
    await page.goto('/admin/providers');
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await seriousFaults(page)).toEqual([]);
    await page.close();
  });
});

/** Adds the first model of the provider's own list. */
async function addModel(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Models of Workshop' }).click();
  const list = page.getByRole('dialog', { name: 'Models of Workshop' });
  await list.getByRole('button', { name: 'Add model-a' }).click();
  const form = page.getByRole('dialog', { name: 'Add model-a' });
  await form.getByLabel('Input, USD').fill('1');
  await form.getByLabel('Output, USD').fill('2.5');
  await form.getByLabel('Context').fill('8000');
  await form.getByLabel('Longest answer').fill('1000');
  expect(await seriousFaults(page)).toEqual([]);
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor({ state: 'detached' });
  await list.getByText('✓ in the catalogue').waitFor();
  await list.getByRole('button', { name: 'Close' }).click();
  await list.waitFor({ state: 'detached' });
}
