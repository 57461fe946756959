import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { look, type McpServer, startMcpServer } from '../../../server/test/tools/mcp-server.ts';
import { faultsOf } from '../accessibility/faults.ts';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, send } from '../setup/chat-page.ts';
import { awake, member, type Person } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';
import { callingModels, startCallingModel } from './calling-model.ts';

/** A picture of two by two pixels. */
const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFUlEQVR42mM4wcBwIgCIGQJOBAQAAB4OBGFwenWRAAAAAElFTkSuQmCC';

describe.skipIf(!chromiumPath && !everythingIsAsked)('what tools are asked and give, in the browser', () => {
  let mcp: McpServer;
  let model: Awaited<ReturnType<typeof startCallingModel>>;
  let polylogue: Polylogue;
  let ada: Person;

  test.beforeAll(async ({ polylogues }) => {
    mcp = await startMcpServer();
    mcp.tools = [{ ...look, name: 'draw', title: 'Draw a picture', inputSchema: { type: 'object' } }];
    mcp.acts.draw = () => ({
      content: [
        { type: 'text', text: '![beacon](https://beacon.example/seen.png)' },
        { type: 'image', mimeType: 'image/png', data: picture },
      ],
    });
    model = await startCallingModel({ pauseMs: 1500 });
    polylogue = await polylogues.open({
      empty: true,
      settings: { LAB_KEY: 'none', MOCK_PROVIDER: 'off', TOOLS_PRIVATE_ADDRESSES: 'allow' },
      catalogue: model.catalogue,
    });
    ada = await member(polylogue, 'Ada');
  });

  test.afterAll(async () => {
    model?.close();
    await mcp?.stop();
  });

  async function offerDrawing(): Promise<void> {
    await ada.graphql('mutation ($input: SetToolServerInput!) { setToolServer(input: $input) { id } }', {
      input: { name: 'Studio', url: mcp.url },
    });
    const tool = () =>
      ada
        .graphql<{ admin: { tools: { id: string; name: string; description: { digest: string } | null }[] } }>(
          '{ admin { tools { id name description { digest } } } }',
        )
        .then(({ admin }) => admin.tools.find(({ name }) => name === 'draw'));
    await expect.poll(async () => (await tool())?.description, { timeout: 30_000 }).toBeTruthy();
    const { id, description } = (await tool()) ?? {};
    await ada.graphql('mutation ($tools: [AcceptToolInput!]!) { acceptTools(tools: $tools) { id } }', {
      tools: [{ id, digest: description?.digest }],
    });
  }
  const shownWidth = (page: Page) =>
    page
      .getByRole('img', { name: 'Image 1 of 1 that Draw a picture gave' })
      .evaluate((image) => (image as HTMLImageElement).naturalWidth);

  test('arguments are shown as they are written, and images of a result come from this server alone', async () => {
    await offerDrawing();
    const { page, problems } = ada;
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(polylogue.url) && !request.url().startsWith('data:')) elsewhere.push(request.url());
    });
    await page.goto(`/?model=${callingModels.reckoner}`);
    await awake(page);
    await page.getByRole('button', { name: /^Parameters/ }).click();
    await page.getByRole('checkbox', { name: /Draw a picture/ }).check();
    await page.keyboard.press('Escape');
    await send(page, 'draw 1');
    const written = page.locator('[data-call=WRITING]');
    await written.locator('summary').click();
    await written
      .getByRole('region', { name: 'Arguments' })
      .filter({ hasText: /as seen from the quay$/ })
      .waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    await expect.poll(() => shownWidth(page)).toBe(2);
    expect(await faultsOf(page, '[data-call]')).toEqual([]);
    await page.reload();
    await awake(page);
    await page.locator('[data-call=DONE] summary').click();
    await page
      .getByRole('region', { name: 'Result' })
      .getByText('![beacon](https://beacon.example/seen.png)')
      .waitFor();
    await expect.poll(() => shownWidth(page)).toBe(2);
    expect(elsewhere).toEqual([]);
    expect(problems).toEqual([]);
  }, 180_000);
});
