import { EventEmitter, once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openSocket } from '../web-socket.ts';

/** What an attack finds: a server, a member's cookie, and conversations of that member. */
export interface Prey {
  url: string;
  cookie: string;
  /** 10 turns with 4 answers of 6 KB, ordinary and hostile ones. */
  ordinaryPage: string;
  hostilePage: string;
  /** Global id of the ordinary conversation. */
  conversationId: string;
}

export interface Attack {
  name: string;
  by: 'stranger' | 'member';
  /** Resolves to how often it was answered with which status. */
  run(prey: Prey): Promise<string | undefined>;
}

/** Each is what one program can send within a few seconds, and nothing a browser would. */
export const attacks: Attack[] = [
  { name: 'nothing', by: 'stranger', run: () => delay(2000, undefined) },
  { name: '100 unread requests for GraphiQL', by: 'stranger', run: (prey) => unread(prey, 100, graphiql) },
  { name: '300 sign-in pages', by: 'stranger', run: (prey) => many(300, () => get(prey, '/sign-in')) },
  { name: '300 pages that are not there', by: 'stranger', run: (prey) => many(300, () => get(prey, '/c/none/at/all')) },
  { name: '100 catalogue queries, nested', by: 'stranger', run: (prey) => many(100, () => post(prey, catalogueQuery)) },
  { name: '50 introspections with aliases', by: 'stranger', run: (prey) => many(50, () => post(prey, introspections)) },
  { name: '50 times __typename × 1,300', by: 'stranger', run: (prey) => many(50, () => post(prey, typenames)) },
  { name: '20 bodies of 8 MB', by: 'stranger', run: (prey) => many(20, () => post(prey, bigBody())) },
  { name: '100 bodies of 7 MB, unfinished', by: 'stranger', run: unfinishedBodies },
  { name: '100 messages of 7 MB, unfinished', by: 'stranger', run: unfinishedMessages },
  { name: '2,000 sockets', by: 'stranger', run: manySockets },
  { name: '20 bodies of 8 MB, signed in', by: 'member', run: (prey) => many(20, () => post(prey, bigBody(), true)) },
  { name: '20 messages of 4 MB, signed in', by: 'member', run: bigMessages },
  { name: 'the catalogue query', by: 'member', run: (prey) => many(30, () => post(prey, catalogueQuery, true)) },
  {
    name: 'quotes of 490,000 letters',
    by: 'member',
    run: (prey) => many(5, () => quote(prey, 'quick brown '.repeat(40_000))),
  },
  { name: 'quotes of one word', by: 'member', run: (prey) => many(5, () => quote(prey, 'a'.repeat(490_000))) },
  {
    name: 'quotes for 10,000 models',
    by: 'member',
    run: (prey) => many(5, () => quote(prey, 'quick brown '.repeat(4000), 10_000)),
  },
  { name: 'searches for 60 parts', by: 'member', run: (prey) => many(20, () => search(prey, parts(60))) },
  { name: 'searches for a common part', by: 'member', run: (prey) => many(20, () => search(prey, 'brow 東京 %')) },
  { name: '30 unread answers', by: 'member', run: (prey) => unread(prey, 30, wholeConversation) },
  { name: 'the page, ordinary', by: 'member', run: (prey) => many(10, () => get(prey, prey.ordinaryPage)) },
  { name: 'the page, hostile', by: 'member', run: (prey) => many(2, () => get(prey, prey.hostilePage)) },
];

/** With four at a time: who sends them does not wait for one before the next. */
async function many(count: number, send: () => Promise<number>): Promise<string> {
  let left = count;
  const statuses = new Map<number, number>();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (left-- > 0) {
        const status = await send();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  return [...statuses].map(([status, times]) => `${times} × ${status}`).join(', ');
}

function get(prey: Prey, path: string): Promise<number> {
  return send(prey, { method: 'GET', path, headers: { accept: 'text/html', cookie: prey.cookie } });
}

function post(prey: Prey, body: string, signedIn = false): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(signedIn && { cookie: prey.cookie }) };
  return send(prey, { method: 'POST', path: '/graphql', headers }, body);
}

/** The status; 0 where the connection was closed before there was one. */
function send({ url }: Prey, options: object, body?: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = requestHttp(url, { ...options, agent: false, timeout: 60_000 }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0));
    });
    asked.on('error', () => resolve(0)).on('timeout', () => asked.destroy());
    asked.end(body);
  });
}

const nested = (depth: number): string =>
  depth === 0 ? 'id name' : `id name provider { id models { ${nested(depth - 1)} fallbacks { id name } } }`;
const catalogueQuery = JSON.stringify({ query: `{ models { ${nested(3)} } providers { models { ${nested(2)} } } }` });

const introspections = JSON.stringify({
  query: `{ ${Array.from({ length: 25 }, (_, index) => `s${index}: __schema { types { name fields { name args { name type { name ofType { name } } } type { name ofType { name ofType { name } } } } } }`).join(' ')} }`,
});

const typenames = JSON.stringify({ query: `{ models { ${'__typename '.repeat(1300)} } }` });

function bigBody(characters = 1_300_000): string {
  return JSON.stringify({ query: '{ __typename }', variables: { filling: '\u0001'.repeat(characters) } });
}

const quoteQuery = 'query ($input: SendPromptInput!) { quote(input: $input) { maximum } }';

function quote(prey: Prey, prompt: string, models = 8): Promise<number> {
  const modelIds = Array.from({ length: models }, (_, index) => `bench/model-${index % 8}`);
  return post(prey, JSON.stringify({ query: quoteQuery, variables: { input: { prompt, modelIds } } }), true);
}

function parts(count: number): string {
  return Array.from({ length: count }, (_, index) => `${String.fromCharCode(97 + (index % 26))}${index}京`).join(' ');
}

function search(prey: Prey, text: string): Promise<number> {
  const query =
    'query ($text: String!) { conversations(first: 20, search: $text) { totalCount edges { node { id } } } }';
  return post(prey, JSON.stringify({ query, variables: { text } }), true);
}

const graphiql = () => 'GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n';

function wholeConversation({ cookie, conversationId }: Prey): string {
  const query = `query ($id: ID!) { conversation(id: $id) { ${'abcdefgh'
    .split('')
    .map((name) => `${name}: turns(first: 100) { edges { node { prompt responses { text } } } }`)
    .join(' ')} } }`;
  const body = JSON.stringify({ query, variables: { id: conversationId } });
  return `POST /graphql HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Asked for, and not read. */
async function unread(prey: Prey, count: number, ask: (prey: Prey) => string): Promise<undefined> {
  const sockets = await Promise.all(Array.from({ length: count }, () => open(prey)));
  for (const socket of sockets) socket.pause().write(ask(prey));
  await delay(8000);
  for (const socket of sockets) socket.destroy();
  return undefined;
}

async function unfinishedBodies(prey: Prey): Promise<undefined> {
  const head = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n`;
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open(prey)));
  for (const socket of sockets) socket.write(head + 'x'.repeat(7_000_000));
  await delay(5000);
  for (const socket of sockets) socket.destroy();
  return undefined;
}

async function unfinishedMessages(prey: Prey): Promise<undefined> {
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open(prey)));
  const filling = Buffer.alloc(7_000_000, 'x');
  const frame = Buffer.alloc(14);
  // A text message that goes on: FIN is not set.
  frame[0] = 0x01;
  frame[1] = 0x80 | 127;
  frame.writeBigUInt64BE(BigInt(filling.length), 2);
  for (const socket of sockets) {
    socket.write(upgrade);
    await delay(5);
    socket.write(Buffer.concat([frame, filling]));
  }
  await delay(5000);
  for (const socket of sockets) socket.destroy();
  return undefined;
}

const upgrade =
  'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n';

/** On four sockets at once, one after the other on each. */
async function bigMessages({ url, cookie }: Prey): Promise<undefined> {
  const payload = JSON.parse(bigBody(680_000));
  const sendFive = async () => {
    const types = new EventEmitter();
    const socket = await openSocket(`${url}/graphql`, { cookie }, (message) =>
      types.emit(JSON.parse(message.toString()).type),
    );
    socket.send({ type: 'connection_init' });
    await once(types, 'connection_ack');
    for (let id = 1; id <= 5; id++) {
      socket.send({ id: String(id), type: 'subscribe', payload });
      await once(types, 'complete');
    }
    socket.close();
  };
  await Promise.all([1, 2, 3, 4].map(sendFive));
  return undefined;
}

async function manySockets(prey: Prey): Promise<undefined> {
  const sockets: Socket[] = [];
  for (let index = 0; index < 2000; index++) {
    const socket = await open(prey);
    socket.write(upgrade);
    sockets.push(socket);
  }
  await delay(2000);
  for (const socket of sockets) socket.destroy();
  return undefined;
}

async function open({ url }: Prey): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}
