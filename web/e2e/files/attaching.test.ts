import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf } from '../setup/chat-page.ts';
import { awake, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';
import { pdfOf } from './made-files.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('files in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    // One of the three sees images, but no PDF.
    polylogue = await polylogues.open({ catalogue: { models: [{ id: 'mock/poet', accepts: ['TEXT', 'IMAGE'] }] } });
  });

  test('a pasted screenshot and a dropped PDF move the quote, and of three models one reads only the text', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    await promptOf(page).fill('What do these say?');
    const bare = await quoteOf(page);
    await promptOf(page).focus();
    await paste(page);
    await tiles(page)
      .getByText(/Pasted at .*\.png/)
      .waitFor();
    await page.getByRole('button', { name: /^Open Pasted/ }).waitFor();
    await expect.poll(() => quoteOf(page)).toBeGreaterThan(bare);
    const withImage = await quoteOf(page);
    await drop(page, 'tides.pdf', pdfOf(['The moon pulls', 'the sea']));
    await page.getByRole('button', { name: 'Open tides.pdf' }).waitFor();
    await tiles(page)
      .getByText(/^2 pages · /)
      .waitFor();
    await expect.poll(() => quoteOf(page)).toBeGreaterThan(withImage);
    expect(await page.getByText('reads the text only').count()).toBe(1);
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBe(3);
    await page.getByRole('list', { name: 'Files' }).getByText('tides.pdf').waitFor();
    expect(await tiles(page).count()).toBe(0);
    await lanes(page, 'COMPLETED').getByText('Read only the text of tides.pdf.').waitFor();
    await page.reload();
    await page.getByRole('list', { name: 'Files' }).getByText('tides.pdf').waitFor();
    expect(problems).toEqual([]);
  });

  test('the viewer shows a PDF’s pages, and the text that models read', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    await choose(page, {
      name: 'tides.pdf',
      mimeType: 'application/pdf',
      buffer: pdfOf(['The moon pulls', 'the sea']),
    });
    await page.getByRole('button', { name: 'Open tides.pdf' }).click();
    const dialog = page.getByRole('dialog', { name: 'tides.pdf' });
    await dialog.getByText('Page 1 of 2').waitFor();
    await dialog.getByRole('region', { name: 'Pages' }).focus();
    await page.keyboard.press('End');
    await dialog.getByText('Page 2 of 2').waitFor();
    await dialog.getByRole('button', { name: 'Larger' }).click();
    await dialog.getByText('125%').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'What models read' }).click();
    await dialog.getByText(/\[Page 1\]\s+The moon pulls/).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('a table is shown as one, and a file that is refused says why and holds up the prompt until it is removed', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    await choose(page, {
      name: 'prices.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('model,credits\nSwift,12\nSage,40\n'),
    });
    await page.getByRole('button', { name: 'Open prices.csv' }).click();
    await page.getByRole('cell', { name: 'Sage' }).waitFor();
    await page.keyboard.press('Escape');
    await promptOf(page).fill('Which is cheaper?');
    const bytes = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0]);
    await choose(page, { name: 'tool.png', mimeType: 'image/png', buffer: bytes });
    await tiles(page).getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Remove tool.png' }).click();
    await page.reload();
    await awake(page);
    // What is there already is a draft, and is kept like the prompt's text.
    await page.getByRole('button', { name: 'Open prices.csv' }).waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBe(3);
    // The browser reports the refused upload as a failed request.
    expect(problems.filter((problem) => !/ 4(15|22) /.test(problem))).toEqual([]);
  });

  test('an image that a model makes is in its lane, opens, and can be downloaded', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/?model=mock/poet');
    await awake(page);
    await promptOf(page).fill('Draw the tide.');
    await page.getByRole('button', { name: 'Send' }).click();
    const image = page.getByRole('article').getByRole('img', { name: /^Made by the model/ });
    await image.waitFor();
    await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(0);
    await lanes(page, 'COMPLETED').waitFor();
    await page.reload();
    await image.waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /^Download / }).click();
    expect((await download).suggestedFilename()).toMatch(/\.\w+$/);
    await page
      .locator('article')
      .getByRole('button', { name: /^Open / })
      .click();
    await page.getByRole('dialog').getByRole('img').waitFor();
    expect(problems).toEqual([]);
  });

  test('a member sees what their files take, and deletes those that no prompt has', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    await choose(page, { name: 'sent.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
    await page.getByRole('button', { name: 'Open sent.csv' }).waitFor();
    await promptOf(page).fill('What is b?');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBe(3);
    await choose(page, { name: 'unsent.csv', mimeType: 'text/csv', buffer: Buffer.from('c,d\n3,4\n') });
    await page.getByRole('button', { name: 'Open unsent.csv' }).waitFor();
    await page.goto('/settings/files');
    await awake(page);
    const list = page.getByRole('list', { name: 'Your files' });
    expect(await list.getByRole('listitem').count()).toBe(2);
    await page.locator('p', { hasText: /^\d+ B of .+ used$/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Remove sent.csv' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('This file is part of a conversation').first().waitFor();
    await page.getByRole('button', { name: 'Remove unsent.csv' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => list.getByRole('listitem').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('a phone attaches a photo, and opens it', async () => {
    const { page, problems } = await newcomer(polylogue, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await page.goto('/');
    await awake(page);
    await page.getByRole('button', { name: 'Attach files' }).tap();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('menuitem', { name: 'Take a photo' }).tap();
    await (await chooser).setFiles({ name: 'photo.png', mimeType: 'image/png', buffer: await pngOf(page) });
    await page.getByRole('button', { name: 'Open photo.png' }).tap();
    const dialog = page.getByRole('dialog', { name: 'photo.png' });
    await dialog.getByRole('img', { name: 'photo.png' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Close' }).tap();
    await promptOf(page).fill('What is this?');
    await page.getByRole('button', { name: 'Send' }).tap();
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });
});

function tiles(page: Page) {
  return page.getByRole('list', { name: 'Attached files' });
}

/** The most that the prompt costs, in credits. */
async function quoteOf(page: Page): Promise<number> {
  const text = await page.getByText(/at most [\d,]+ cr/).textContent();
  return Number(/at most ([\d,]+) cr/.exec(text ?? '')?.[1]?.replaceAll(',', ''));
}

async function choose(page: Page, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach files' }).click();
  await (await chooser).setFiles(file);
}

/** A picture that the browser draws. */
async function pngOf(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 400;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('The browser draws nothing.');
    context.fillStyle = '#2d6a74';
    context.fillRect(0, 0, 640, 400);
    context.fillStyle = '#fff';
    context.font = '48px sans-serif';
    context.fillText('Low tide 06:12', 120, 210);
    return canvas.toDataURL('image/png').split(',')[1] as string;
  });
  return Buffer.from(base64, 'base64');
}

/** Pastes a screenshot as a browser does it. */
async function paste(page: Page): Promise<void> {
  const base64 = (await pngOf(page)).toString('base64');
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  }, base64);
}

/** Drags a file over the page, and drops it. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const dragged = await page.evaluateHandle(
    ({ name, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    { name, base64: bytes.toString('base64') },
  );
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: dragged });
  await page.getByText('Drop the files to attach them').waitFor();
  await page.dispatchEvent('main', 'drop', { dataTransfer: dragged });
  await page.getByText('Drop the files to attach them').waitFor({ state: 'detached' });
}
