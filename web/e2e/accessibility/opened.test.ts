import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { pdfOf } from '../files/made-files.ts';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { awake, member, newcomer } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';
import { close, faultsOf } from './faults.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('axe in what is opened further', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    // The first member is the admin.
    polylogue = await polylogues.open({ empty: true, settings: { MOCK_PACE: '100', SIGN_UP: 'open' } });
  });

  test('finds nothing in the viewer of pages, tables, texts and pictures', { timeout: 120_000 }, async () => {
    const { page } = await member(polylogue, 'Ada');
    await page.goto('/');
    await awake(page);
    const faults: string[] = [];
    const files = [
      { name: 'tides.pdf', mimeType: 'application/pdf', buffer: pdfOf(['The moon', 'the sea']), seen: 'Page 1 of 2' },
      { name: 'prices.csv', mimeType: 'text/csv', buffer: Buffer.from('model,credits\nSwift,12\n'), seen: 'Swift' },
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('The moon pulls the sea.'), seen: 'The moon' },
      { name: 'dot.png', mimeType: 'image/png', buffer: dot, seen: null },
    ];
    for (const { seen, ...file } of files) {
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Attach files' }).click();
      await (await chooser).setFiles(file);
      await page.getByRole('button', { name: `Open ${file.name}` }).click();
      const dialog = page.getByRole('dialog', { name: file.name });
      await (seen === null ? dialog.getByRole('img') : dialog.getByText(seen)).first().waitFor();
      faults.push(...(await faultsOf(page, '[role=dialog]')).map((fault) => `${file.name}: ${fault}`));
      await close(page);
    }
    expect(faults).toEqual([]);
  });

  test('finds nothing in the dialogs that items of menus open', { timeout: 180_000 }, async () => {
    const { page, answered, graphql } = await member(polylogue, 'Ada');
    await newcomer(polylogue);
    await answered('Explain the tides', ['mock/swift']);
    await graphql('mutation { createFolder(input: { name: "Sea" }) { id } }');
    const faults: string[] = [];
    for (const [path, menu, item] of [
      ['/', 'More for Explain the tides', 'Share'],
      ['/', 'More for Explain the tides', 'Move to folder…'],
      ['/', 'More for the folder Sea', 'Name and preset…'],
      ['/', 'More for the folder Sea', 'Delete the folder…'],
      ['/admin/users', 'More about', 'Reset password'],
      ['/admin/users', 'More about', 'Delete account'],
    ] as const) {
      await page.goto(path);
      await awake(page);
      await openFromMenu(page, menu, item);
      faults.push(...(await faultsOf(page, dialogs)).map((fault) => `${item}: ${fault}`));
    }
    expect(faults).toEqual([]);
  });
});

const dialogs = '[role=dialog], [role=alertdialog]';

async function openFromMenu(page: Page, menu: string, item: string): Promise<void> {
  // The last one is not the member's own, where there are several.
  const button = page.getByRole('button', { name: menu }).last();
  await button.hover();
  await button.click();
  await page.getByRole('menuitem', { name: item }).click();
  await page.getByRole('menu').waitFor({ state: 'detached' });
  await page.locator(dialogs).first().waitFor();
}

/** A picture of one pixel. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
