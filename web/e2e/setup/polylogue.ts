import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Cookie, Page } from 'playwright-core';
import { inject, onTestFinished, TestRunner, test as vitest } from 'vitest';
import type { PostgresServer } from '../../../server/test/setup/postgres-server.ts';
import { launchBrowser, watch } from './browser.ts';
import { type Script, type ScriptedProvider, scriptedSettings, startProvider } from './scripted.ts';
import { startServer } from './server.ts';
import { Windows } from './windows.ts';

export interface Polylogue {
  url: string;
  /** The domain of the addresses of the file's people, which differs from file to file on a shared server. */
  domain: string;
  /** The cookies of people with an account, by name, as making an account or signing in takes much processor time. */
  sessions: Map<string, Cookie[]>;
  /** Opens a page in its own window until the end of the test. `problems` collects everything that the page reports. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; problems: string[] }>;
}

export interface PolylogueOptions {
  /** Environment variables. By default the mock models are on and answer at once. */
  settings?: Record<string, string>;
  /** The contents of the catalogue file. */
  catalogue?: object;
}

/** The options of a server for one file only. */
export interface OwnPolylogueOptions extends PolylogueOptions {
  /** Makes the database in the data folder. Default: migrated and empty. */
  makeDatabase?: (dataDir: string) => Promise<void>;
}

interface Server {
  url: string;
  close(): Promise<void>;
  /** Ends it in the midst of its work, as kill -9 does, and starts it again at the same address with the same data. */
  breakDown(): Promise<void>;
}

/** The browser and servers that a worker keeps from file to file, as each start takes seconds of processor time. */
class Kept {
  readonly #databaseFolder: string;
  readonly #servers = new Map<string, Promise<Server>>();
  #windows: Promise<Windows> | undefined;
  #provider: Promise<ScriptedProvider> | undefined;
  #postgres: Promise<PostgresServer> | undefined;

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

  postgres(): Promise<PostgresServer> {
    this.#postgres ??= startPostgres();
    return this.#postgres;
  }

  server(options: PolylogueOptions): Promise<Server> {
    const key = JSON.stringify(options);
    const server = this.#servers.get(key) ?? this.start(options);
    this.#servers.set(key, server);
    return server;
  }

  /** Starts a server on a free port, with its own database. */
  async start({ settings, catalogue, makeDatabase }: OwnPolylogueOptions): Promise<Server> {
    const dataDir = await mkdtemp(join(tmpdir(), 'polylogue-e2e-'));
    if (makeDatabase) await makeDatabase(dataDir);
    else await cp(this.#databaseFolder, join(dataDir, 'database'), { recursive: true });
    const catalogueFile = join(dataDir, 'catalogue.json');
    if (catalogue) await writeFile(catalogueFile, JSON.stringify(catalogue));
    const environment = {
      MOCK_PROVIDER: 'on',
      MOCK_PACE: '50',
      ...(catalogue && { CATALOGUE_FILE: catalogueFile }),
      ...settings,
    };
    let running = await startServer(dataDir, environment);
    const { url } = running;
    return {
      url,
      async close() {
        const { child, said, stop } = running;
        // The output of the server says why it ended.
        if (child.exitCode !== null) throw new Error(`The server ended by itself:\n${said()}`);
        await stop();
        await rm(dataDir, { recursive: true, force: true });
      },
      async breakDown() {
        const ended = once(running.child, 'exit');
        running.child.kill('SIGKILL');
        await ended;
        running = await startServer(dataDir, { ...environment, PORT: new URL(url).port });
      },
    };
  }

  async close(): Promise<void> {
    await (await this.#windows)?.close();
    const ends = await Promise.allSettled([...this.#servers.values()].map(async (server) => (await server).close()));
    (await this.#provider)?.close();
    await (await this.#postgres)?.stop();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

async function startPostgres(): Promise<PostgresServer> {
  // Its module loads both databases, which no other file of a worker needs.
  const { findOrStartPostgres } = await import('../../../server/test/setup/databases.ts');
  const server = await findOrStartPostgres();
  if (!server) throw new Error('This machine has no Postgres.');
  return server;
}

let opened = 0;

/** The servers of one test file. */
class Polylogues {
  readonly #kept: Kept;
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /**
   * Opens the built server with a browser. An empty server has no member yet, and its first member becomes the admin.
   */
  async open({ empty, ...options }: OwnPolylogueOptions & { empty?: boolean } = {}): Promise<Polylogue> {
    const isOwn = empty || options.makeDatabase;
    const server = await (isOwn ? this.#kept.start(options) : this.#kept.server(options));
    if (isOwn) this.#ends.push(server.close);
    return this.#at(server);
  }

  /** Opens an empty server that can be made to break down. */
  async openMortal(options: OwnPolylogueOptions): Promise<Polylogue & Pick<Server, 'breakDown'>> {
    const server = await this.#kept.start(options);
    this.#ends.push(server.close);
    return { ...(await this.#at(server)), breakDown: server.breakDown };
  }

  async #at({ url }: Server): Promise<Polylogue> {
    const windows = await this.#kept.windows();
    return {
      url,
      domain: `example-${++opened}.org`,
      sessions: new Map(),
      open: async (options) => {
        const { page, giveBack } = await windows.take({ baseURL: url, reducedMotion: 'reduce', ...options });
        // An unused page would still draw and listen to its server.
        if (TestRunner.getCurrentTest()) onTestFinished(giveBack);
        else this.#ends.push(giveBack);
        return { page, problems: watch(page) };
      },
    };
  }

  /**
   * Opens a server with one model, which answers a prompt with the script of that name, for answers that no mock gives.
   */
  async openScripted(scripts: Record<string, Script>, { empty = false } = {}): Promise<Polylogue> {
    const provider = await this.#kept.provider();
    provider.play(scripts);
    return this.open({ ...scriptedSettings(provider.port), empty });
  }

  /** Opens two servers on one new database on Postgres. Who has an account has the same session on both. */
  async openReplicas(): Promise<[Polylogue, Polylogue]> {
    const { withDatabase, execute, dropDatabase } = await import('../../../server/test/setup/databases.ts');
    const postgres = await this.#kept.postgres();
    const name = `polylogue_e2e_${randomUUID().replaceAll('-', '')}`;
    await execute(postgres.url, `create database ${name}`);
    this.#ends.push(() => dropDatabase(postgres.url, name));
    const settings = { DATABASE_URL: withDatabase(postgres.url, name), AUTH_SECRET: randomUUID() };
    const one = await this.open({ empty: true, settings });
    const other = await this.open({ empty: true, settings });
    return [one, { ...other, domain: one.domain, sessions: one.sessions }];
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
