import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { startServer } from '../e2e/setup/server.ts';
import { type Conversation, conversation, lanes } from './conversations.ts';

/** A build that runs, with the conversations that are opened. */
export interface Running {
  name: string;
  url: string;
  context: BrowserContext;
  /** 20 turns of four answers with tables, code and lists, of 1,500 tokens each. */
  wide: Conversation;
  /** 1,000 turns of two short answers. */
  long: Conversation;
  stop(): Promise<void>;
}

/** Starts a build for itself and writes the conversations. @param entry the server's file; undefined: this build's */
export async function running(
  browser: Browser,
  { name, entry, baseURL, turns }: { name: string; entry: string | undefined; baseURL: string; turns: number },
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'polylogue-bench-'));
  const catalogueFile = join(folder, 'catalogue.json');
  await writeFile(catalogueFile, JSON.stringify(catalogue(baseURL)));
  const settings = { MOCK_PROVIDER: 'off', CATALOGUE_FILE: catalogueFile, SIGN_UP: 'open' };
  const server = await startServer(folder, settings, entry);
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1440, height: 900 } });
  // tsx marks functions with a function that the page does not have.
  await context.addInitScript('globalThis.__name = (marked) => marked');
  const data = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' };
  await context.request.post('/api/auth/sign-up/email', { headers: { origin: server.url }, data });
  const wide = await conversation(context, { turns: 20, lanes, prompt: 'Answer at once' });
  const long = await conversation(context, { turns, lanes: lanes.slice(0, 2), prompt: 'Answer in short' });
  return {
    ...{ name, url: server.url, context, wide, long },
    async stop() {
      await context.close();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function catalogue(baseURL: string) {
  const model = {
    minimumTier: 'FREE',
    contextWindow: 1_000_000,
    maxOutputTokens: 4000,
    inputPriceUsd: 0,
    outputPriceUsd: 0,
  };
  return {
    tiers: { FREE: { modelsPerPrompt: 4, promptsPerMinute: 100_000 } },
    providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL }],
    models: lanes.map((id) => ({ ...model, id, name: `Lab ${id.slice(4)}` })),
  };
}
