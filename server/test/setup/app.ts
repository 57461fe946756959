import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EventSourceMessage } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { createClient } from 'graphql-ws';
import pino from 'pino';
import WebSocket from 'ws';
import { createAppOf, createHttpServer, loadConfig, type Parts } from '../../src/app.ts';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import type { WireServer } from '../wire-server.ts';
import type { TestDatabase } from './describe-databases.ts';
import { cookiesOf, createMemberMaker, type MemberMaker, password } from './members.ts';
import { compiled } from './process.ts';

export interface TestAppOptions {
  database: TestDatabase;
  /** The environment variables. Those of this process are not used. */
  env?: Record<string, string>;
  /** The contents of CATALOGUE_FILE, merged with limits that no test reaches by accident. */
  catalogue?: { providers?: object[]; models?: object[]; tiers?: object; defaultModels?: string[] };
  /** Replaces the language models that the configuration would create, by provider id. */
  languageModels?: Record<string, LanguageModel>;
  /** The server that stands for OpenAI, Anthropic and Google. */
  wire?: WireServer;
  /** Tools and agents, as a program brings them. */
  tools?: Parts['ownTools'];
  agents?: Parts['ownAgents'];
  /** Default: as in production. */
  retryDelayMs?: number;
  /** Default: scrypt, as in production. */
  passwords?: NonNullable<Parts['passwords']>;
  /** What stands for the internet where tools fetch pages. Default: the internet. */
  surroundings?: NonNullable<Parts['surroundings']>;
  /** The lowest level of the lines in `errors`. Default: error. */
  logLevel?: 'trace' | 'info' | 'warn' | 'error';
  /** Default: any free one. */
  port?: number;
}

/** A real app behind a real server on the loopback. */
export interface TestApp {
  url: string;
  server: Server;
  parts: Parts;
  /** The logged lines of level `logLevel` and above, as JSON. */
  errors: string[];
  /** A new member with an account and a session. The first member becomes the admin. */
  newMember(name?: string): Promise<Client>;
  /** Ends the app as a SIGTERM would. The database stays open, as it belongs to the test. */
  close(): Promise<void>;
}

export async function startApp(options: TestAppOptions): Promise<TestApp> {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-app-'));
  const errors: string[] = [];
  const config = loadConfig({ ...environment(options, folder), ...options.env }, folder);
  const parts: Parts = {
    config,
    log: pino({ level: options.logLevel ?? 'error' }, { write: (line: string) => void errors.push(line) }),
    database: { ...options.database, close: async () => {} },
    languageModels: new Map(Object.entries(options.languageModels ?? {})),
    ...(options.tools && { ownTools: options.tools }),
    ...(options.agents && { ownAgents: options.agents }),
    ...(options.retryDelayMs !== undefined && { retryDelayMs: options.retryDelayMs }),
    ...(options.passwords && { passwords: options.passwords }),
    ...(options.surroundings && { surroundings: options.surroundings }),
    takingProgram: pathToFileURL(compiled('src/reading/taking/taking-process.ts')),
  };
  const app = await createAppOf(parts);
  const server = createHttpServer(config);
  server.on('request', (req, res) => app.request(req, res));
  server.on('upgrade', (req, socket, head) => app.upgrade(req, socket, head));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let memberMaker: MemberMaker | undefined;
  return {
    url,
    server,
    parts,
    errors,
    async newMember(name) {
      const { authSecret, publicUrl } = config;
      memberMaker ??= createMemberMaker(options.database, { secret: authSecret ?? '', publicUrl });
      const person = newPerson(name);
      return connect(url, { cookie: await memberMaker.signUp(person), email: person.email });
    },
    async close() {
      await app.close();
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The environment of an app under test, in this process or in another one. */
export function environment({ catalogue, wire }: Omit<TestAppOptions, 'database'>, folder: string) {
  const catalogueFile = join(folder, 'catalogue.json');
  const { tiers, ...rest } = catalogue ?? {};
  writeFileSync(catalogueFile, JSON.stringify({ ...rest, tiers: { FREE: { ...ampleTier, ...tiers } } }));
  return {
    CATALOGUE_FILE: catalogueFile,
    DATA_DIR: join(folder, 'data'),
    AUTH_SECRET: 'a secret that is long enough for a test',
    MOCK_PROVIDER: 'on',
    LOCAL_MODELS: 'off',
    // Sign-up is open even with a provider's key; other tests cover the rules for sign-ups.
    SIGN_UP: 'open',
    LEASE_SECONDS: '5',
    ...(wire && {
      OPENAI_API_KEY: 'sk-test-openai',
      OPENAI_BASE_URL: `${wire.url}/v1`,
      ANTHROPIC_API_KEY: 'sk-test-anthropic',
      ANTHROPIC_BASE_URL: wire.url,
      GEMINI_API_KEY: 'sk-test-google',
      GEMINI_BASE_URL: wire.url,
    }),
  };
}

const ampleTier = {
  promptsPerMinute: 100_000,
  modelsPerPrompt: 12,
  maxOutputTokens: 100_000,
  monthlyCredits: 1_000_000_000_000,
  fileMegabytes: 10_000,
};

// biome-ignore lint/suspicious/noExplicitAny: the tests read whatever fields they asked for
type Data = any;

export interface GraphQLAnswer {
  status: number;
  data?: Data;
  errors?: { message: string; path?: string[]; extensions: { code: string; [figure: string]: unknown } }[];
}

export type Transport = 'ws' | 'sse';

/** A signed-in member with their own session. */
export interface Client {
  url: string;
  email: string;
  cookie: string;
  /** Returns the data. Rejects if the answer has errors. */
  gql(query: string, variables?: Record<string, unknown>): Promise<Data>;
  /** Returns the answer unchanged. */
  post(query: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  /** Subscribes over a new connection. */
  subscribe(over: Transport, query: string, variables?: Record<string, unknown>): Subscription;
}

export type GraphQLEvent = Pick<GraphQLAnswer, 'data' | 'errors'>;

export interface Subscription extends AsyncIterable<GraphQLEvent> {
  /** Breaks the connection off without a closing message. */
  cut(): void;
}

let people = 0;

/** A person with a unique address, whatever the name. */
function newPerson(name = `Member ${people + 1}`): { name: string; email: string } {
  people += 1;
  return { name, email: `member-${people}-${process.pid}@example.org` };
}

/** Signs up over the API, as people do. `newMember` of an app in this process takes a tenth of the time. */
export async function signUp(url: string, name?: string): Promise<Client> {
  const person = newPerson(name);
  const body = JSON.stringify({ ...person, password });
  const response = await fetch(`${url}/api/auth/sign-up/email`, { method: 'POST', headers: json, body });
  if (!response.ok) throw new Error(`Signing up: ${response.status} ${await response.text()}`);
  return connect(url, { cookie: cookiesOf(response), email: person.email });
}

const json = { 'content-type': 'application/json' };

/** A client with the cookie or the API key; with neither it is signed out. */
export function connect(url: string, { cookie = '', email = '', key = '' } = {}): Client {
  const credentials: Record<string, string> = { ...(cookie && { cookie }), ...(key && { 'x-api-key': key }) };
  const headers = { ...json, ...credentials };
  const post = async (query: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer> => {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    return unnamed<GraphQLAnswer>({ status: response.status, ...((await response.json()) as object) });
  };
  return {
    url,
    email,
    cookie,
    post,
    async gql(query, variables) {
      const { data, errors } = await post(query, variables);
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    },
    subscribe: (over, query, variables) =>
      over === 'sse'
        ? subscribeByEvents(url, headers, { query, variables })
        : subscribeBySocket(url, credentials, { query, variables }),
  };
}

/** The answer without the request's name in its errors, which is another one each time. */
function unnamed<Answer extends GraphQLEvent>(answer: Answer): Answer {
  for (const { extensions } of answer.errors ?? []) delete extensions?.requestId;
  return answer;
}

interface Operation {
  query: string;
  variables: Record<string, unknown> | undefined;
}

function subscribeByEvents(url: string, headers: Record<string, string>, operation: Operation): Subscription {
  const abort = new AbortController();
  async function* read(): AsyncGenerator<GraphQLEvent> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, accept: 'text/event-stream' },
      body: JSON.stringify(operation),
      signal: abort.signal,
    });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
      return yield unnamed((await response.json()) as GraphQLEvent);
    const body = response.body as ReadableStream<Uint8Array<ArrayBuffer>>;
    const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { event, data } of events as unknown as AsyncIterable<EventSourceMessage>) {
      if (event === 'next') yield unnamed(JSON.parse(data));
    }
  }
  return { [Symbol.asyncIterator]: read, cut: () => abort.abort() };
}

function subscribeBySocket(url: string, headers: Record<string, string>, operation: Operation): Subscription {
  class SignedInSocket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: SignedInSocket,
    retryAttempts: 0,
  });
  async function* read() {
    try {
      for await (const event of client.iterate(operation as { query: string })) yield unnamed(event as GraphQLEvent);
    } catch (error) {
      if (!Array.isArray(error)) throw error;
      yield unnamed({ errors: error });
    } finally {
      await client.dispose();
    }
  }
  return { [Symbol.asyncIterator]: read, cut: () => client.terminate() };
}
