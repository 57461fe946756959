import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Cookie, Page } from 'playwright-core';
import { inject, onTestFinished, TestRunner } from 'vitest';
import { launchBrowser, watch } from './browser.ts';
import { startServer } from './server.ts';

export interface Polylogue {
  url: string;
  /** By name, of those who have an account there: to make one, or to sign in, costs much processor. */
  sessions: Map<string, Cookie[]>;
  /** A page in a browser of its own, until its test is over; whatever it complains of is in `problems`. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; problems: string[] }>;
  close(): Promise<void>;
}

export interface PolylogueOptions {
  /** Of the environment; where it does not say otherwise, the mock models are on, and answer at once. */
  settings?: Record<string, string>;
  /** What the catalogue file says. */
  catalogue?: object;
}

/** The built server on a free port with an empty data folder, and a Chromium to look at it. */
export async function startPolylogue({ settings, catalogue }: PolylogueOptions = {}): Promise<Polylogue> {
  const dataDir = await newDataFolder();
  const catalogueFile = join(dataDir, 'catalogue.json');
  if (catalogue) await writeFile(catalogueFile, JSON.stringify(catalogue));
  const { url, child, said, stop } = await startServer(dataDir, {
    MOCK_PROVIDER: 'on',
    MOCK_PACE: '50',
    ...(catalogue && { CATALOGUE_FILE: catalogueFile }),
    ...settings,
  });
  const browser = await launchBrowser();
  return {
    url,
    sessions: new Map(),
    async open(options) {
      const context = await browser.newContext({ baseURL: url, reducedMotion: 'reduce', ...options });
      // A page that nobody looks at any more still draws and still listens to its server.
      if (TestRunner.getCurrentTest()) onTestFinished(() => context.close());
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
async function newDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'polylogue-e2e-'));
  await cp(inject('dataFolder'), folder, { recursive: true });
  return folder;
}
