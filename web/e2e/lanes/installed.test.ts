import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf, send, signedUp } from '../setup/chat-page.ts';
import { awake } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('the installed app', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('a page says how it is installed, and every icon is there', async () => {
    const { page, problems } = await signedUp(polylogue);
    const address = await page.locator('link[rel=manifest]').getAttribute('href');
    const manifest = await (await page.request.get(address ?? '')).json();
    expect(manifest).toMatchObject({ name: 'Polylogue', start_url: '/', scope: '/', display: 'standalone' });
    const touchIcon = await page.locator('link[rel=apple-touch-icon]').getAttribute('href');
    for (const src of [touchIcon, ...manifest.icons.map((icon: { src: string }) => icon.src)]) {
      const icon = await page.request.get(src);
      expect([src, icon.status(), icon.headers()['content-type']]).toEqual([
        src,
        200,
        expect.stringContaining('image/'),
      ]);
    }
    expect(problems).toEqual([]);
  });

  test('without a connection the app says so, keeps nothing, and comes back by itself', async () => {
    const { page } = await signedUp(polylogue, { serviceWorkers: 'allow' });
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/service-worker.js');
      await navigator.serviceWorker.ready;
    });
    await page.reload();
    await awake(page);
    await page.context().setOffline(true);
    await page.reload();
    await page.getByRole('heading', { name: 'Polylogue cannot be reached' }).waitFor();
    expect(await page.evaluate(() => caches.keys())).toEqual([]);
    await page.context().setOffline(false);
    await promptOf(page).waitFor();
  });

  test('the title of a hidden page says that all answers are in, until it is seen', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift', 'Poet'] });
    const turnTo = (state: 'hidden' | 'visible') =>
      page.evaluate((state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await turnTo('hidden');
    await send(page, 'Name a river');
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    await expect.poll(() => page.title()).toMatch(/^✓ /);
    await turnTo('visible');
    expect(await page.title()).not.toMatch(/✓/);
    expect(problems).toEqual([]);
  });
});
