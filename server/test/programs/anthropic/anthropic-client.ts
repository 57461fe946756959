import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk';
import type { Client, TestApp } from '../../setup/app.ts';

/** A program of a member's: Anthropic's SDK with one of the member's keys. */
export interface MessagesProgram {
  member: Client;
  key: string;
  anthropic: Anthropic;
}

/** Makes a member with a program that may read and prompt. */
export async function newMessagesProgram(app: TestApp, options: ClientOptions = {}): Promise<MessagesProgram> {
  const member = await app.newMember();
  const key = await newKey(member);
  return { member, key, anthropic: anthropicAt(app, { apiKey: key, ...options }) };
}

export async function newKey(member: Client, scopes: readonly string[] = ['READ', 'PROMPT']): Promise<string> {
  const document = 'mutation ($scopes: [ApiKeyScope!]) { createApiKey(name: "Program", scopes: $scopes) { secret } }';
  return (await member.gql(document, { scopes })).createApiKey.secret;
}

/** The SDK as programs make it, but for the retries, which a test must ask for. */
export function anthropicAt({ url }: Pick<TestApp, 'url'>, options: ClientOptions): Anthropic {
  return new Anthropic({ baseURL: url, authToken: null, maxRetries: 0, ...options });
}

/** Posts a body as it is, for what the SDK would not send or not show. */
export async function postMessage(
  { url }: Pick<TestApp, 'url'>,
  key: string,
  body: unknown,
  path = '/v1/messages',
): Promise<Response> {
  const headers = { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
  return fetch(url + path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

/** The events of a streamed answer, without the pings. */
export async function eventsOf(response: Response): Promise<MessageEvent[]> {
  const events = (await response.text()).split('\n\n').filter((event) => event !== '');
  return events
    .map((event) => {
      const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(event) ?? [];
      const parsed = JSON.parse(data ?? 'null');
      if (parsed?.type !== name) throw new Error(`The event "${name}" has other data: ${data}`);
      return parsed;
    })
    .filter(({ type }) => type !== 'ping');
}

export interface MessageEvent {
  type: string;
  index?: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests read whatever the type of the event has
  [member: string]: any;
}

export const hello = [{ role: 'user' as const, content: 'Hello there, tell me of tides' }];
