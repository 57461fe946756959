import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  ResultSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';

/** What a tool of the server does; never settling is one way. `ask` makes a request of the client meanwhile. */
type Act = (
  given: Record<string, unknown>,
  signal: AbortSignal,
  ask: (method: string, params?: object) => Promise<unknown>,
) => CallToolResult | Promise<CallToolResult>;

export interface McpServer {
  url: string;
  /** What it lists. */
  tools: Tool[];
  acts: Record<string, Act>;
  /** The arguments of all calls that arrived, by the tool's name. */
  calls: { name: string; given: unknown }[];
  /** The headers of the last request. */
  headers: IncomingMessage['headers'];
  /** What stands before it: answers by itself, and returns true, or lets the request through. */
  door: (req: IncomingMessage, res: ServerResponse) => boolean | Promise<boolean>;
  /** Tells all clients that the list has changed. */
  tellOfChange(): Promise<void>;
  /** Knows no session any more, as after a new start. */
  forgetSessions(): void;
  /** Ends all connections and answers nobody. */
  stop(): Promise<void>;
  /** Answers again, at the same address. */
  start(): Promise<void>;
}

export const text = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] });

export const look: Tool = {
  name: 'look',
  title: 'Look something up',
  description: 'Looks a word up in the dictionary.',
  inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
  annotations: { readOnlyHint: true },
};
export const erase: Tool = {
  name: 'erase',
  description: 'Erases a word from the dictionary.',
  inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
};

/** A server made of the SDK's own classes, over HTTP with sessions, which does whatever a test wants of it. */
export async function startMcpServer(): Promise<McpServer> {
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: Server }>();
  let http: HttpServer;
  let port = 0;
  const mcp: McpServer = {
    url: '',
    tools: [look, erase],
    acts: { look: ({ word }) => text(`${word}: a word`), erase: () => text('erased') },
    calls: [],
    headers: {},
    door: () => false,
    async tellOfChange() {
      // Sessions that clients have left are still there.
      await Promise.allSettled([...sessions.values()].map(({ server }) => server.sendToolListChanged()));
    },
    forgetSessions: () => sessions.clear(),
    async stop() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
    async start() {
      http = createServer((req, res) => void answer(req, res)).listen(port, '127.0.0.1');
      await once(http, 'listening');
      port = (http.address() as AddressInfo).port;
      mcp.url = `http://127.0.0.1:${port}/mcp`;
    },
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    mcp.headers = req.headers;
    if (await mcp.door(req, res)) return;
    const id = req.headers['mcp-session-id'] as string | undefined;
    const known = id === undefined ? undefined : sessions.get(id);
    if (id !== undefined && !known) return void res.writeHead(404).end();
    const { transport } = known ?? (await newSession());
    await transport.handleRequest(req, res);
  }

  async function newSession() {
    const server = new Server({ name: 'test', version: '1' }, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: mcp.tools }));
    server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal, sendRequest }) => {
      mcp.calls.push({ name: params.name, given: params.arguments });
      const act = mcp.acts[params.name];
      if (!act) throw new Error('no such tool');
      const ask = (method: string, asked: object = {}) =>
        sendRequest({ method, params: asked } as Parameters<typeof sendRequest>[0], ResultSchema);
      return act(params.arguments ?? {}, signal, ask);
    });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, { transport, server }),
    });
    await server.connect(transport as Parameters<Server['connect']>[0]);
    return { transport, server };
  }

  await mcp.start();
  return mcp;
}
