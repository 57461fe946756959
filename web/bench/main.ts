import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../e2e/setup/browser.ts';
import { startServer } from '../e2e/setup/server.ts';
import { frames, longestTask, scriptBytes } from './measures.ts';
import { startProvider } from './provider.ts';

// Measures in Chromium what a page weighs, and how smoothly it draws: this build and, in turn, another one.

const { values } = parseArgs({
  options: { baseline: { type: 'string' }, rounds: { type: 'string', default: '3' } },
});
const rounds = Number(values.rounds);

const lanes = ['one', 'two', 'three', 'four'].map((name) => `lab/${name}`);

type Figures = Record<string, number>;

const names: Record<string, string> = {
  newChat: 'script of a new chat, KB compressed',
  signIn: 'script of the sign-in page, KB compressed',
  task: 'longest task when a conversation of 20 turns opens, ms',
  p50: 'time between frames, four columns at 90 tokens a second, ms: median',
  p95: 'the same: 95 of 100 are under',
};

const builds = [
  { name: 'this build', entry: undefined },
  ...(values.baseline ? [{ name: 'baseline', entry: resolve(values.baseline, 'web/dist/server.js') }] : []),
];
const provider = await startProvider();
const browser = await launchBrowser();
const results = new Map<string, Figures[]>();
for (let round = 0; round < rounds; round += 1) {
  for (const { name, entry } of round % 2 === 0 ? builds : builds.toReversed()) {
    const figures = await measured(browser, provider.baseURL, entry);
    results.set(name, [...(results.get(name) ?? []), figures]);
    process.stderr.write(`${name}, round ${round + 1}: ${JSON.stringify(figures)}\n`);
  }
}
await browser.close();
provider.close();
print();

async function measured(browser: Browser, baseURL: string, entry: string | undefined): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'polylogue-bench-'));
  const catalogueFile = join(folder, 'catalogue.json');
  await writeFile(catalogueFile, JSON.stringify(catalogue(baseURL)));
  const settings = { MOCK_PROVIDER: 'off', CATALOGUE_FILE: catalogueFile, SIGN_UP: 'open' };
  const server = await startServer(folder, settings, entry);
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1440, height: 900 } });
  // tsx marks functions with a function that the page does not have.
  await context.addInitScript('globalThis.__name = (marked) => marked');
  try {
    return await figuresOf(context, server.url);
  } finally {
    await context.close();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function figuresOf(context: BrowserContext, url: string): Promise<Figures> {
  const page = await context.newPage();
  const signIn = (await scriptBytes(page, '/sign-in')) / 1000;
  const data = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' };
  await context.request.post('/api/auth/sign-up/email', { headers: { origin: url }, data });
  const newChat = (await scriptBytes(page, '/')) / 1000;
  const first = await ask(context, { prompt: 'Answer at once', modelIds: lanes });
  let parentTurnId = first.turn.id;
  for (let turn = 1; turn < 20; turn += 1) {
    ({ id: parentTurnId } = (await ask(context, { prompt: 'Answer at once', modelIds: lanes, parentTurnId })).turn);
  }
  const path = `/c/${encodeURIComponent(first.conversation.id)}`;
  const task = await longestTask(page, path);
  await ask(context, { prompt: 'Take your time', modelIds: lanes, parentTurnId }, false);
  const writing = await context.newPage();
  await writing.goto(path);
  await writing.locator('[data-status="STREAMING"]').nth(3).waitFor();
  const { p50, p95 } = await frames(writing, 8000);
  return { newChat, signIn, task, p50, p95 };
}

interface Sent {
  turn: { id: string; responses: { status: string }[] };
  conversation: { id: string };
}

async function ask(context: BrowserContext, input: object, ended = true): Promise<Sent> {
  const send = `mutation ($input: SendPromptInput!) { sendPrompt(input: $input) { ... on SendPromptPayload {
    turn { id responses { status } } conversation { id } } ... on Error { message } } }`;
  const { sendPrompt } = await graphql<{ sendPrompt: Sent & { message?: string } }>(context, send, { input });
  if (sendPrompt.message) throw new Error(sendPrompt.message);
  const look = 'query ($id: ID!) { node(id: $id) { ... on Turn { responses { status } } } }';
  for (let runs = ended; runs; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { node } = await graphql<{ node: Sent['turn'] }>(context, look, { id: sendPrompt.turn.id });
    runs = node.responses.some(({ status }) => status === 'QUEUED' || status === 'STREAMING');
  }
  return sendPrompt;
}

async function graphql<Data>(context: BrowserContext, query: string, variables: object): Promise<Data> {
  const response = await context.request.post('/graphql', { data: { query, variables } });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
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
    tiers: { FREE: { modelsPerPrompt: 4, promptsPerMinute: 1000 } },
    providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL }],
    models: lanes.map((id) => ({ ...model, id, name: `Lab ${id.slice(4)}` })),
  };
}

function print(): void {
  const lines = Object.entries(names).map(([key, name]) => {
    const cells = builds.map((build) => spread((results.get(build.name) ?? []).map((figures) => figures[key] ?? 0)));
    const [own, other] = cells as [Spread, Spread | undefined];
    return `| ${name} | ${cells.map(({ text }) => text).join(' | ')} |${other ? ` ${(own.median / other.median).toFixed(2)} |` : ''}`;
  });
  const head = ['', ...builds.map(({ name }) => name), ...(builds.length > 1 ? ['ratio'] : [])];
  console.log([`| ${head.join(' | ')} |`, `|${head.map(() => '---|').join('')}`, ...lines].join('\n'));
}

interface Spread {
  median: number;
  text: string;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const [least, most] = [sorted[0], sorted.at(-1)].map((value) => (value ?? 0).toFixed(1));
  return { median, text: `${median.toFixed(1)} (${least} to ${most})` };
}
