import { describe, expect } from 'vitest';
import arabic from '../../catalogues/ar/account/appearance.json' with { type: 'json' };
import german from '../../catalogues/de/account/appearance.json' with { type: 'json' };
import japanese from '../../catalogues/ja/account/appearance.json' with { type: 'json' };
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { awake, member, seriousFaults } from '../setup/people.ts';
import { test } from '../setup/polylogue.ts';

const pages = ['', 'settings', 'settings/keys', 'settings/security', 'usage', 'leaderboard', 'evaluations'];

describe.skipIf(!chromiumPath && !everythingIsAsked)('languages', () => {
  test('a page is in the browser’s language until another one is chosen', async ({ polylogues }) => {
    const polylogue = await polylogues.open();
    const { page, problems } = await member(polylogue, 'Ada', { locale: 'de-AT' });
    await page.goto('/settings');
    await awake(page);
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await page.getByLabel(german.language).selectOption('العربية');
    await page.locator('html[lang=ar][dir=rtl]').waitFor();
    await page.getByText(arabic.theme, { exact: true }).waitFor();
    await awake(page);
    await page.getByLabel(arabic.language).selectOption('日本語');
    await page.locator('html[lang=ja][dir=ltr]').waitFor();
    await awake(page);
    await page.getByLabel(japanese.language).selectOption('English (UK)');
    await page.locator('html[lang=en-GB]').waitFor();
    expect(problems).toEqual([]);
  });

  test('the pages of several languages are served at once, and each is whole', async ({ polylogues }) => {
    const polylogue = await polylogues.open();
    await (await member(polylogue, 'Ada')).answered('Name a river', ['mock/swift', 'mock/poet']);
    await Promise.all(
      ['de-DE', 'ar-EG', 'ja-JP'].map(async (locale) => {
        const { page, problems } = await member(polylogue, 'Ada', { locale, viewport: { width: 390, height: 844 } });
        for (const path of pages) {
          await page.goto(`/${path}`);
          await awake(page);
          expect(await page.locator('html').getAttribute('lang')).toBe(locale.slice(0, 2));
          const hidden = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([path, locale, hidden <= 0]).toEqual([path, locale, true]);
        }
        expect(await seriousFaults(page)).toEqual([]);
        expect(problems).toEqual([]);
      }),
    );
  });
});
