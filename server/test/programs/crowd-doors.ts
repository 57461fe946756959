import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { follow, send } from '../api/asking.ts';
import { connect, type TestApp, type Transport } from '../setup/app.ts';
import { anthropicAt, postMessage } from './anthropic/anthropic-client.ts';
import { all, openAI } from './openai/openai-client.ts';

/** One question, as every protocol asks it. */
export const question = { prompt: 'Tell me of the tides.', model: 'openai/gpt-4.1', tokensMax: 100 };

/** A protocol, and the ways in which programs speak it. */
export interface Door {
  name: string;
  /** Each asks the question once. Resolves to the whole text of the answer, or rejects with the refusal. */
  ways: (() => Promise<string>)[];
  /** How the door refuses what the account cannot pay: an error of the SDK or a `Refused`. */
  isUnpaid(refusal: unknown): boolean;
}

/** A refusal as HTTP or GraphQL brings it, for which there is no SDK that makes an exception of it. */
class Refused extends Error {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the protocol says
  readonly body: any;

  constructor(status: number, body: unknown) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/** The doors of an app for a program with this key; `maximum` is what a call holds. */
export function doorsOf(app: TestApp, key: string, maximum: () => number): Door[] {
  const openai = openAI(app, { apiKey: key });
  return [
    graphqlDoor(app, key, maximum),
    chatDoor(openai, postJson(`${app.url}/v1/chat/completions`, key)),
    messagesDoor(anthropicAt(app, { apiKey: key }), (body) => postMessage(app, key, body)),
    responsesDoor(openai, postJson(`${app.url}/v1/responses`, key)),
  ];
}

function graphqlDoor({ url }: TestApp, key: string, maximum: () => number): Door {
  const client = connect(url, { key });
  const { prompt, model, tokensMax } = question;
  const ask = async (over: Transport) => {
    const result = await send(client, { prompt, modelIds: [model], parameters: { maxOutputTokens: tokensMax } });
    if (result.__typename !== 'SendPromptPayload') throw new Refused(200, result);
    const { finished } = await follow(client, result.turn.id, { over });
    return [...finished.values()].map(({ status, text }) => (status === 'COMPLETED' ? text : status)).join();
  };
  return {
    name: 'GraphQL',
    ways: [() => ask('sse'), () => ask('ws')],
    isUnpaid: (refusal) =>
      refusal instanceof Refused &&
      refusal.body.__typename === 'InsufficientCreditsError' &&
      refusal.body.required === maximum() &&
      refusal.body.available < maximum(),
  };
}

type Post = (body: object) => Promise<Response>;

function chatDoor(openai: OpenAI, post: Post): Door {
  const { prompt, model, tokensMax } = question;
  const asked = { model, messages: [{ role: 'user' as const, content: prompt }], max_completion_tokens: tokensMax };
  return {
    name: 'chat completions',
    ways: [
      async () => (await openai.chat.completions.create(asked)).choices[0]?.message.content ?? '',
      async () => {
        const chunks = await all(await openai.chat.completions.create({ ...asked, stream: true }));
        return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      },
      async () => (await answerTo(post(asked))).choices[0].message.content,
      async () => {
        const chunks = await eventsOfAnswer(post({ ...asked, stream: true }));
        return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      },
    ],
    isUnpaid: isOpenAIsRefusal,
  };
}

function responsesDoor(openai: OpenAI, post: Post): Door {
  const { prompt, model, tokensMax } = question;
  const asked = { model, input: prompt, max_output_tokens: tokensMax, store: false };
  return {
    name: 'responses',
    ways: [
      async () => (await openai.responses.create(asked)).output_text,
      async () => (await openai.responses.stream(asked).finalResponse()).output_text,
      async () => (await answerTo(post(asked))).output[0].content[0].text,
      async () => {
        const last = (await eventsOfAnswer(post({ ...asked, stream: true }))).at(-1);
        return last.type === 'response.completed' ? last.response.output[0].content[0].text : last.type;
      },
    ],
    isUnpaid: isOpenAIsRefusal,
  };
}

function messagesDoor(anthropic: Anthropic, post: Post): Door {
  const { prompt, model, tokensMax } = question;
  const asked = { model, max_tokens: tokensMax, messages: [{ role: 'user' as const, content: prompt }] };
  return {
    name: 'messages',
    ways: [
      async () => {
        const { content } = await anthropic.messages.create(asked);
        return content.map((block) => (block.type === 'text' ? block.text : block.type)).join('');
      },
      () => anthropic.messages.stream(asked).finalText(),
      async () => (await answerTo(post(asked))).content[0].text,
      async () => {
        const events = await eventsOfAnswer(post({ ...asked, stream: true }));
        return events.map(({ delta }) => delta?.text ?? '').join('');
      },
    ],
    isUnpaid: (refusal) =>
      refusal instanceof Anthropic.PaymentRequiredError
        ? refusal.type === 'billing_error'
        : isRefused(refusal, 402) && refusal.body.type === 'error' && refusal.body.error.type === 'billing_error',
  };
}

function isOpenAIsRefusal(refusal: unknown): boolean {
  if (refusal instanceof OpenAI.APIError) return refusal.status === 402 && refusal.code === 'insufficient_quota';
  return isRefused(refusal, 402) && refusal.body.error.type === 'insufficient_quota';
}

function isRefused(refusal: unknown, status: number): refusal is Refused {
  return refusal instanceof Refused && refusal.status === status;
}

function postJson(url: string, key: string): Post {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return (body) => fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The JSON of an answer. @throws Refused */
// biome-ignore lint/suspicious/noExplicitAny: whatever the protocol says
async function answerTo(request: Promise<Response>): Promise<any> {
  const response = await request;
  const body = await response.json();
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

/** The JSON of every event of a streamed answer. @throws Refused */
// biome-ignore lint/suspicious/noExplicitAny: whatever the protocol says
async function eventsOfAnswer(request: Promise<Response>): Promise<any[]> {
  const response = await request;
  if (!response.ok) throw new Refused(response.status, await response.json());
  const lines = (await response.text()).split('\n');
  return lines.flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice('data: '.length))] : []));
}
