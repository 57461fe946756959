import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const entry = fileURLToPath(new URL('../dist/server.js', import.meta.url));

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
  if (!existsSync(entry)) throw new Error(`${entry} is missing: build first (npm run build)`);
  const dataDir = await mkdtemp(join(tmpdir(), 'polylogue-e2e-'));
  const { child, url, said } = await startServer(dataDir, { MOCK_PROVIDER: 'on' });
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
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** As it is built, on a folder and with settings of its own. */
export function startServer(
  dataDir: string,
  settings: Record<string, string>,
): Promise<{ child: ChildProcess; url: string; said: () => string }> {
  const child = spawn(process.execPath, [entry], {
    cwd: dataDir,
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      printed += chunk;
      const url = /Polylogue is at (http:\S+)/.exec(printed)?.[1];
      if (url) resolve({ child, url, said: () => printed });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${printed}`)));
  });
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
