import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { openSocket, type Socket } from './web-socket.ts';

/**
 * Who is asked for streams, and how. `raw`: the provider's own format, as the pipes carry it and the provider sends it;
 * `app-chat`: the same format, asked of the app.
 */
export interface Target {
  kind: 'app' | 'app-sse' | 'app-chat' | 'naive' | 'naive-sse' | 'raw';
  url: string;
  /** Of the members who ask, in turn. */
  cookies: string[];
}

const mark = '~'.charCodeAt(0);
const sendPrompt = /* GraphQL */ `
  mutation ($input: SendPromptInput!) {
    sendPrompt(input: $input) {
      __typename
      ... on SendPromptPayload { turn { id } }
      ... on Error { message }
    }
  }
`;
const follow = /* GraphQL */ `
  subscription ($turnId: ID!) {
    streamResponse(turnId: $turnId) {
      __typename
      responseId
      ... on ResponseStarted { attempt }
      ... on TextDelta { offset text outputTokens }
      ... on ReasoningDelta { offset text }
      ... on ResponseFinished { response { status creditsCharged } }
    }
  }
`;
const naiveFollow = /* GraphQL */ `
  subscription ($prompt: String!) {
    streamResponse(prompt: $prompt) { responseId offset text }
  }
`;

const prompt = 'What does the quick brown fox do?';
export const agent = new Agent({ keepAlive: true });

export function subscriptionOf({ kind }: Target, turnId: string) {
  return kind.startsWith('app')
    ? { query: follow, variables: { turnId } }
    : { query: naiveFollow, variables: { prompt } };
}

export interface GraphQLConnection {
  /** The data. Rejects where there are errors. */
  // biome-ignore lint/suspicious/noExplicitAny: what was asked for
  run(operation: object): Promise<any>;
  /** Resolves at its end. */
  subscribe(operation: object, onDeltas: (marks: number) => void): Promise<void>;
  close(): void;
}

export async function connect({ url, cookies }: Target, index: number): Promise<GraphQLConnection> {
  interface Operation {
    onDeltas(marks: number): void;
    resolve(result?: unknown): void;
    reject(error: Error): void;
    // biome-ignore lint/suspicious/noExplicitAny: what was asked for
    data: any;
  }
  const operations = new Map<string, Operation>();
  let acknowledge = () => {};
  const acknowledged = new Promise<void>((resolve) => {
    acknowledge = resolve;
  });

  function receive(payload: Buffer) {
    const marks = countMarks(payload);
    if (marks > 0) {
      const id = payload.toString('latin1', 7, payload.indexOf('"', 7));
      return operations.get(id)?.onDeltas(marks);
    }
    const message = JSON.parse(payload.toString());
    const operation = operations.get(message.id);
    if (message.type === 'connection_ack') acknowledge();
    else if (message.type === 'ping') socket.send({ type: 'pong' });
    else if (message.type === 'error') operation?.reject(new Error(JSON.stringify(message.payload)));
    else if (message.type === 'next') {
      if (message.payload.errors) operation?.reject(new Error(JSON.stringify(message.payload.errors)));
      else if (operation) operation.data = message.payload.data;
    } else if (message.type === 'complete') {
      operations.delete(message.id);
      operation?.resolve(operation.data);
    }
  }

  function begin(operation: object, onDeltas: (marks: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // As clients of graphql-ws do.
      const id = randomUUID();
      operations.set(id, { onDeltas, resolve, reject, data: undefined });
      socket.send({ id, type: 'subscribe', payload: operation });
    });
  }

  const headers = cookieOf(cookies, index);
  const socket: Socket = await openSocket(`${url}/graphql`, headers, receive);
  socket.send({ type: 'connection_init' });
  await acknowledged;
  return {
    run: (operation) => begin(operation, () => {}),
    subscribe: (operation, onDeltas) => begin(operation, onDeltas) as Promise<void>,
    close: socket.close,
  };
}

export async function ask(connection: GraphQLConnection, models: number, parentTurnId?: string): Promise<string> {
  return turnIdOf(await connection.run({ query: sendPrompt, variables: { input: promptInput(models, parentTurnId) } }));
}

export async function askByHttp(target: Target, index: number, models: number): Promise<string> {
  const operation = { query: sendPrompt, variables: { input: promptInput(models) } };
  const response = await post(`${target.url}/graphql`, cookieOf(target.cookies, index), operation);
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  const { data, errors } = JSON.parse(body);
  if (errors) throw new Error(body);
  return turnIdOf(data);
}

function promptInput(models: number, parentTurnId?: string) {
  const modelIds = Array.from({ length: models }, (_, index) => `bench/model-${index}`);
  return { prompt, modelIds, ...(parentTurnId && { parentTurnId }) };
}

function turnIdOf({ sendPrompt: result }: { sendPrompt: { turn?: { id: string }; message?: string } }): string {
  if (!result.turn) throw new Error(`The prompt was refused: ${result.message}`);
  return result.turn.id;
}

/** How a contender is spoken to: by its socket, by server-sent events, or as OpenAI's clients do. */
export type Over = 'ws' | 'sse' | 'chat';

export const completion = { model: 'bench/model-0', stream: true, messages: [{ role: 'user', content: prompt }] };

export function post(url: string, headers: Record<string, string>, body: object): Promise<IncomingMessage> {
  const content = JSON.stringify(body);
  const options: RequestOptions = {
    method: 'POST',
    agent,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) },
  };
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end(content);
  });
}

export function get(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, resolve).on('error', reject).end();
  });
}

export function cookieOf(cookies: readonly string[], index: number): Record<string, string> {
  const cookie = cookies[index % cookies.length];
  return cookie ? { cookie } : {};
}

export function countMarks(chunk: Buffer): number {
  let marks = 0;
  for (let at = chunk.indexOf(mark); at !== -1; at = chunk.indexOf(mark, at + 1)) marks += 1;
  return marks;
}
