import OpenAI, { type ClientOptions } from 'openai';
import type { Client, TestApp } from '../../setup/app.ts';

/** A program of a member's: the SDK of OpenAI with one of the member's keys. */
export interface Program {
  member: Client;
  key: string;
  openai: OpenAI;
}

/** Makes a member with a program that may read and prompt. */
export async function newProgram(app: TestApp, options: ClientOptions = {}): Promise<Program> {
  const member = await app.newMember();
  const key = await makeKey(member);
  return { member, key, openai: openAI(app, { apiKey: key, ...options }) };
}

export async function makeKey(member: Client, scopes: readonly string[] = ['READ', 'PROMPT']): Promise<string> {
  const document = 'mutation ($scopes: [ApiKeyScope!]) { createApiKey(name: "Program", scopes: $scopes) { secret } }';
  return (await member.gql(document, { scopes })).createApiKey.secret;
}

/** The SDK as programs make it, but for the retries, which a test must ask for. */
export function openAI({ url }: Pick<TestApp, 'url'>, options: ClientOptions): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, maxRetries: 0, ...options });
}

/** Everything that an iterable brings. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
