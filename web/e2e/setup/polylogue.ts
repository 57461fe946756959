import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Cookie, Page } from 'playwright-core';
import { inject, onTestFinished, TestRunner, test as vitest } from 'vitest';
import { launchBrowser, watch } from './browser.ts';
import { type Script, type ScriptedProvider, scriptedSettings, startProvider } from './scripted.ts';
import { startServer } from './server.ts';
import { Windows } from './windows.ts';

export interface Polylogue {
  url: string;
  /** The e-mail domain of its members. Another test file on the same server has another domain. */
  domain: string;
  /** The session cookies of its members, by name: signing up or in costs much processor time. */
  sessions: Map<string, Cookie[]>;
  /** Opens a page in a window of its own until the test is over. `problems` collects the page's errors and warnings. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; problems: string[] }>;
}

export interface PolylogueOptions {
  /** Environment variables. Unless they say otherwise, the mock models are on, and answer at once. */
  settings?: Record<string, string>;
  /** The content of the catalogue file. */
  catalogue?: object;
}

/** The options of a server that one test file has for itself. */
export interface OwnPolylogueOptions extends PolylogueOptions {
  /** Makes the database in the data folder. By default it is migrated and empty. */
  makeDatabase?: (dataDir: string) => Promise<void>;
}

interface Server {
  url: string;
  close(): Promise<void>;
}

/** The browser, the servers and the provider that a worker keeps from file to file: each start costs seconds of processor time. */
class Kept {
  readonly #databaseFolder: string;
  readonly #servers = new Map<string, Promise<Server>>();
  #windows: Promise<Windows> | undefined;
  #provider: Promise<ScriptedProvider> | undefined;

  constructor(databaseFolder: string) {
    this.#databaseFolder = databaseFolder;
  }

  windows(): Promise<Windows> {
    this.#windows ??= launchBrowser().then((browser) => new Windows(browser));
    return this.#windows;
  }

  provider(): Promise<ScriptedProvider> {
    this.#provider ??= startProvider();
    return this.#provider;
  }

  server(options: PolylogueOptions): Promise<Server> {
    const key = JSON.stringify(options);
    const server = this.#servers.get(key) ?? this.start(options);
    this.#servers.set(key, server);
    return server;
  }

  /** Starts a server on a free port, with a database of its own. */
  async start({ settings, catalogue, makeDatabase }: OwnPolylogueOptions): Promise<Server> {
    const dataDir = await mkdtemp(join(tmpdir(), 'polylogue-e2e-'));
    if (makeDatabase) await makeDatabase(dataDir);
    else await cp(this.#databaseFolder, join(dataDir, 'database'), { recursive: true });
    const catalogueFile = join(dataDir, 'catalogue.json');
    if (catalogue) await writeFile(catalogueFile, JSON.stringify(catalogue));
    const { url, child, said, stop } = await startServer(dataDir, {
      MOCK_PROVIDER: 'on',
      MOCK_PACE: '50',
      ...(catalogue && { CATALOGUE_FILE: catalogueFile }),
      ...settings,
    });
    return {
      url,
      async close() {
        // The server's output says why it ended.
        if (child.exitCode !== null) throw new Error(`The server ended by itself:\n${said()}`);
        await stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  }

  async close(): Promise<void> {
    await (await this.#windows)?.close();
    const ends = await Promise.allSettled([...this.#servers.values()].map(async (server) => (await server).close()));
    (await this.#provider)?.close();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

let opened = 0;

/** The servers that one test file uses, each with a browser. */
class Polylogues {
  readonly #kept: Kept;
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Opens the built server with a browser. An `empty` server has no member yet; the first one becomes its admin. */
  async open({ empty, ...options }: OwnPolylogueOptions & { empty?: boolean } = {}): Promise<Polylogue> {
    const isOwn = empty || options.makeDatabase;
    const { url, close } = await (isOwn ? this.#kept.start(options) : this.#kept.server(options));
    if (isOwn) this.#ends.push(close);
    const windows = await this.#kept.windows();
    return {
      url,
      domain: `example-${++opened}.org`,
      sessions: new Map(),
      open: async (options) => {
        const { page, giveBack } = await windows.take({ baseURL: url, reducedMotion: 'reduce', ...options });
        // An open page that nobody looks at any more still draws and still listens to its server.
        if (TestRunner.getCurrentTest()) onTestFinished(giveBack);
        else this.#ends.push(giveBack);
        return { page, problems: watch(page) };
      },
    };
  }

  /** Opens a server with one model, which answers a prompt with the script of that name: for answers that no mock would write. */
  async openScripted(scripts: Record<string, Script>): Promise<Polylogue> {
    const provider = await this.#kept.provider();
    provider.play(scripts);
    return this.open(scriptedSettings(provider.port));
  }

  async close(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

export const test = vitest
  .extend('databaseFolder', { scope: 'worker' }, () => inject('databaseFolder'))
  .extend('kept', { scope: 'worker' }, ({ databaseFolder }, { onCleanup }) => {
    const kept = new Kept(databaseFolder);
    onCleanup(() => kept.close());
    return kept;
  })
  .extend('polylogues', { scope: 'file' }, ({ kept }, { onCleanup }) => {
    const polylogues = new Polylogues(kept);
    onCleanup(() => polylogues.close());
    return polylogues;
  });
