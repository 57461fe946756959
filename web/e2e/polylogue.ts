import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { startServer } from './server.ts';

/** A Chromium or Chrome of this machine; undefined where there is none. */
export const chromiumPath: string | undefined = [
  process.env.TEST_CHROMIUM,
  process.env.CHROMIUM_PATH,
  ...['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
  ),
].find((path) => path && existsSync(path));

/** Whether a missing browser is a failure rather than an omission. */
export const everythingIsAsked = Boolean(process.env.REQUIRE_ALL || process.env.CI);

export interface Polylogue {
  url: string;
  /** A page in a browser of its own; whatever it complains of is in `problems`. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; problems: string[] }>;
  close(): Promise<void>;
}

/** The built server on a free port with an empty data folder and the mock models, and a Chromium to look at it. */
export async function startPolylogue(): Promise<Polylogue> {
  const dataDir = await newDataFolder();
  const { url, child, said, stop } = await startServer(dataDir, { MOCK_PROVIDER: 'on' });
  const browser = await launch();
  return {
    url,
    async open(options) {
      const context = await browser.newContext({ baseURL: url, ...options });
      const page = await context.newPage();
      return { page, problems: watch(page) };
    },
    async close() {
      await browser.close();
      // What it printed says why.
      if (child.exitCode !== null) throw new Error(`The server ended by itself:\n${said()}`);
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** With the database of a first start, and nobody in it. */
export async function newDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'polylogue-e2e-'));
  await cp(inject('dataFolder'), folder, { recursive: true });
  return folder;
}

function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Errors and warnings of the console (the policy's refusals and React's among them), and uncaught ones. */
function watch(page: Page): string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return problems;
}
