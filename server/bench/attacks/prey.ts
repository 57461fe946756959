import { setTimeout as delay } from 'node:timers/promises';
import { ordinaryAnswer, unkindAnswers } from '../page-texts.ts';
import type { Child } from '../processes.ts';
import type { Script } from '../provider.ts';
import type { Prey } from './attacks.ts';

/** A member with a hundred answers to search in, and the two pages. */
export async function prepare(url: string, cookie: string, provider: Child): Promise<Prey> {
  const answerWith = (text: string) =>
    provider.call('script', { prefix: 0, intervalMs: 0, texts: [text] } satisfies Script);
  await answerWith(ordinaryAnswer);
  for (let filled = 0; filled < 10; filled++) await converse(url, cookie, 10, 4);
  const ordinary = await converse(url, cookie, 10, 4);
  const hostile = await converse(url, cookie, 6, 4);
  for (const text of unkindAnswers) {
    await answerWith(text);
    await ask(url, cookie, 1, hostile);
    await delay(1000);
  }
  return {
    url,
    cookie,
    ordinaryPage: `/c/${encodeURIComponent(ordinary)}`,
    hostilePage: `/c/${encodeURIComponent(hostile)}`,
    conversationId: ordinary,
  };
}

/** The id of a conversation of so many turns, each answered by so many models. */
async function converse(url: string, cookie: string, turns: number, models: number): Promise<string> {
  let conversationId: string | undefined;
  for (let turn = 0; turn < turns; turn++) {
    conversationId = (await ask(url, cookie, models, conversationId)).conversationId;
    await delay(60);
  }
  return conversationId ?? '';
}

export async function ask(url: string, cookie: string, models: number, conversationId?: string) {
  const query = `mutation ($input: SendPromptInput!) { sendPrompt(input: $input) {
    ... on SendPromptPayload { turn { id } conversation { id } } ... on Error { message } } }`;
  const modelIds = Array.from({ length: models }, (_, index) => `bench/model-${index}`);
  const input = { prompt: 'What does the fox do?', modelIds, ...(conversationId && { conversationId }) };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = await response.json();
  if (!data?.sendPrompt.turn) throw new Error(JSON.stringify(errors ?? data));
  return { turnId: data.sendPrompt.turn.id as string, conversationId: data.sendPrompt.conversation.id as string };
}
