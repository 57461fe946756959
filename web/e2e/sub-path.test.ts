import { describe, expect } from 'vitest';
import { type OidcServer, startOidcServer } from '../../server/test/sign-in/oidc-server.ts';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { lanes, promptOf } from './setup/chat-page.ts';
import { awake } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';
import { type PrefixProxy, startPrefixProxy } from './setup/prefix-proxy.ts';

// `/chat` is a path of the API too, so that nobody could guess whether a proxy has taken it off.
describe.skipIf(!chromiumPath && !everythingIsAsked).each([
  { name: 'passes the path on', keeps: true },
  { name: 'takes its path off', keeps: false },
])('a server below /chat, behind a proxy that $name', ({ keeps }) => {
  let proxy: PrefixProxy;
  let polylogue: Polylogue;
  let oidc: OidcServer;
  test.beforeAll(async ({ polylogues }) => {
    proxy = await startPrefixProxy('/chat', keeps);
    oidc = await startOidcServer([`${proxy.url}/api/auth/callback/test`]);
    await oidc.know('ann', { email: 'ann@example.org', email_verified: true, name: 'Ann Lee' });
    polylogue = await polylogues.open({ empty: true, settings: oidc.settings(proxy.url) });
    proxy.passTo(polylogue.url);
  });
  test.afterAll(async () => {
    await oidc?.close();
    await proxy?.close();
  });

  test('signs people up, answers, loads pages and signs them in again, and asks for nothing beside its path', async () => {
    const { page, problems } = await polylogue.open({ baseURL: `${proxy.url}/` });
    await page.goto('./usage');
    expect(page.url()).toBe(`${proxy.url}/sign-in?to=${encodeURIComponent('/usage')}`);
    await page.goto('./sign-up');
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse');
    await page.keyboard.press('Enter');
    await promptOf(page).waitFor();
    await awake(page);
    expect(new URL(page.url()).pathname).toBe('/chat/');
    const cookies = await page.context().cookies();
    expect(cookies.length).toBeGreaterThan(0);
    expect(new Set(cookies.map(({ path }) => path))).toEqual(new Set(['/chat']));

    await promptOf(page).fill('Name a river');
    await page.keyboard.press('Enter');
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBeGreaterThan(0);
    await page.waitForURL(`${proxy.url}/c/*`);
    await page.reload();
    await page.getByText('Name a river').first().waitFor();

    await page.getByRole('link', { name: 'Usage' }).first().click();
    await page.waitForURL(`${proxy.url}/usage`);
    const csv = page.getByRole('link', { name: 'CSV' });
    const exported = await page.request.get(new URL((await csv.getAttribute('href')) ?? '', page.url()).href);
    expect([exported.status(), exported.headers()['content-type']]).toEqual([200, expect.stringContaining('text/csv')]);
    // The first page's data come from an address of their own.
    await page.getByRole('link', { name: 'New chat' }).first().click();
    await promptOf(page).waitFor();
    expect(await page.title()).toBe('New chat · Polylogue');

    await page.goto('./settings/keys');
    expect(await page.getByText(`${proxy.url}/v1`).first().isVisible()).toBe(true);

    await page.context().clearCookies();
    await page.goto('./usage');
    await awake(page);
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${proxy.url}/usage`);
    expect(proxy.strayed).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('invites people to an address below its path', async () => {
    const admin = await polylogue.open({ baseURL: `${proxy.url}/` });
    await admin.page.goto('./sign-in');
    await awake(admin.page);
    await admin.page.getByLabel('E-mail').fill('ada@example.org');
    await admin.page.getByLabel('Password').fill('correct horse');
    await admin.page.keyboard.press('Enter');
    await promptOf(admin.page).waitFor();
    await admin.page.goto('./admin/invitations');
    await awake(admin.page);
    await admin.page.getByRole('button', { name: 'Create link' }).click();
    const link = (await admin.page.getByRole('status').locator('code').textContent()) ?? '';
    expect(link.startsWith(`${proxy.url}/sign-up?invitation=`)).toBe(true);
    const { page, problems } = await polylogue.open({ baseURL: `${proxy.url}/` });
    await page.goto(link);
    await page.getByRole('button', { name: 'Create account' }).waitFor();
    expect(proxy.strayed).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('signs people in with a provider, and brings them back to the page that they wanted', async () => {
    const { page, problems } = await polylogue.open({ baseURL: `${proxy.url}/` });
    await page.goto('./settings/keys');
    await page.getByRole('link', { name: 'Sign in with Example Login' }).click();
    await page.getByRole('link', { name: 'Continue as ann' }).click();
    await page.waitForURL(`${proxy.url}/settings/keys`);
    await page.getByText('You have no keys.', { exact: false }).waitFor();
    // The provider is at the same host, and cookies do not know ports.
    const cookies = (await page.context().cookies()).filter(({ name }) => /polylogue/.test(name));
    expect(cookies.map(({ path }) => path)).toEqual(['/chat']);
    expect(proxy.strayed).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('serves the playground, the REST API’s description and drawings below its path', async () => {
    const { page, problems } = await polylogue.open({ baseURL: `${proxy.url}/` });
    await page.goto(`./graphql?query=${encodeURIComponent('{ models { id } }')}`);
    await page.locator('.graphiql-execute-button').click();
    await page.waitForFunction(() =>
      /mock\/swift/.test(document.querySelector('.graphiql-response')?.textContent ?? ''),
    );
    expect(problems).toEqual([]);
    const description = await (await page.request.get('./api/v1/openapi.json')).json();
    expect(description.servers).toEqual([{ url: proxy.url }]);
    await page.goto('./api/v1/docs');
    await page.getByRole('link', { name: 'GraphiQL' }).click();
    await page.waitForURL(`${proxy.url}/graphql`);
    const drawing = await (await page.request.get('./drawing')).text();
    for (const [, src = ''] of drawing.matchAll(/src="([^"]+)"/g))
      expect((await page.request.get(new URL(src, proxy.url).href)).status()).toBe(200);
    expect((await page.request.get('./health')).status()).toBe(200);
    const manifest = await (await page.request.get('./manifest.webmanifest')).json();
    expect([manifest.start_url, manifest.scope, manifest.icons[1].src]).toEqual([
      '/chat/',
      '/chat/',
      '/chat/icon-192.png',
    ]);
    expect((await page.request.get('./service-worker.js')).status()).toBe(200);
    // ai-chat-kit's path begins like the path that the server is below, and is refused in that protocol's own form.
    const kit = await page.request.post('./chat/stream', { data: {} });
    expect(await kit.json()).toEqual({ detail: 'Not Found' });
    expect(proxy.strayed).toEqual([]);
  });
});
