import { type ClientOptions, createClient, type Client as SocketClient } from 'graphql-ws';
import { expect, vi } from 'vitest';
import WebSocket from 'ws';
import { TurnStream } from '../../../src/domain/following/response-stream.ts';
import { accountOf, expectSettled, type Reading } from '../../api/asking.ts';
import { until } from '../../credits/house.ts';
import { createScriptedModel, type ScriptedCall, type ScriptedModel } from '../../credits/scripted-model.ts';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import type { TestDatabase } from '../../setup/describe-databases.ts';
import { makeKey } from '../openai/openai-client.ts';
import type { AskMutation, OutcomeFragment } from './generated/graphql.ts';

/** Three models side by side, whose answers the test writes. */
export const modelIds = ['lab/one', 'lab/two', 'lab/three'];

/** What each answer is reported to take: 15 credits, as a token costs one. */
const usage = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
};

const catalogue = {
  providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' }],
  models: modelIds.map((id) => ({
    id,
    name: id,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 1_000,
    inputPriceUsd: 1,
    outputPriceUsd: 1,
  })),
};

/** A server on a port, and the models behind it. */
export interface Lab {
  app: TestApp;
  model: ScriptedModel;
  /** Finishes the answers that a test leaves unfinished. */
  finishAll(): void;
  close(): Promise<void>;
}

export async function startLab(database: TestDatabase): Promise<Lab> {
  const model = createScriptedModel();
  const app = await startApp({ database, catalogue, languageModels: { lab: model } });
  const finishAll = () => {
    for (const { finish } of [...model.open]) finish(usage);
  };
  return {
    app,
    model,
    finishAll,
    async close() {
      finishAll();
      await app.close();
      expect(app.errors).toEqual([]);
    },
  };
}

/** A member with a key for their program. */
export interface Programmer {
  member: Client;
  authorization: string;
}

export async function newProgrammer({ app }: Lab): Promise<Programmer> {
  const member = await app.newMember();
  return { member, authorization: `Bearer ${await makeKey(member)}` };
}

export const graphqlUrl = (url: string) => `${url}/graphql`;
export const socketUrl = (url: string) => graphqlUrl(url).replace('http', 'ws');

/** The answers to one prompt, as the test writes them. */
export class Answers {
  readonly #calls: readonly ScriptedCall[];

  /** Waits until every model has been asked. */
  static async begin({ model }: Lab, of: readonly string[] = modelIds): Promise<Answers> {
    await until(() => model.open.length === of.length, `${of.length} models are asked`);
    const callOf = (id: string) => model.open.find(({ request }) => `lab/${request.model}` === id);
    return new Answers(of.map((id) => callOf(id) ?? fail(`${id} was not asked`)));
  }

  constructor(calls: readonly ScriptedCall[]) {
    this.#calls = calls;
  }

  /** Has the models write, each its piece. */
  write(...pieces: readonly string[]): void {
    for (const [index, { push }] of this.#calls.entries()) push({ type: 'text', text: pieces[index] ?? '' });
  }

  finish(): void {
    for (const { finish } of this.#calls) finish(usage);
  }
}

/** The payload of a prompt that was taken. */
export function taken(result: AskMutation['sendPrompt'] | undefined) {
  if (result?.__typename !== 'SendPromptPayload') throw new Error(`The prompt was refused: ${JSON.stringify(result)}`);
  return result;
}

export interface Turn {
  id: string;
  responses: readonly { id: string; model: { id: string } }[];
}

/** What is stored of a turn's answers when all are final. */
export function outcomes({ responses }: Turn, texts: readonly string[]): OutcomeFragment[] {
  return responses.map(({ id, model: { id: modelId } }, index) => ({
    id,
    status: 'COMPLETED',
    text: texts[index] ?? '',
    creditsCharged: 15,
    model: { id: modelId },
    usage: { inputTokens: 10, outputTokens: 5 },
  }));
}

export function fail(why: string): never {
  throw new Error(why);
}

/** Pieces for three models to write, round after round; no two are the same. */
export function roundsOf(count: number, from = 0): string[][] {
  return Array.from({ length: count }, (_, round) =>
    modelIds.map((_, lane) => `${lane}.${from + round} ${'🌊'.repeat(lane)}, `),
  );
}

/** The text of each model after the rounds. */
export function textsOf(rounds: readonly (readonly string[])[]): string[] {
  return modelIds.map((_, lane) => rounds.map((round) => round[lane]).join(''));
}

/** Whether the reading has so much of each answer, and no more. */
export function hasRead({ texts }: Reading, { responses }: Turn, expected: readonly string[]): boolean {
  return responses.every(({ id }, lane) => texts.get(id)?.text === expected[lane]);
}

/** Expects that each answer was read whole, and ended as it is stored. `Reading` expects the order of the deltas. */
export function expectWhole(reading: Reading, turn: Turn, texts: readonly string[]): void {
  const expected = outcomes(turn, texts);
  expect(expected.map(({ id }) => reading.texts.get(id)?.text)).toEqual(texts);
  expect(expected.map(({ id }) => reading.finished.get(id))).toMatchObject(expected);
  expect(reading.finished.size).toBe(expected.length);
}

/** Expects that the member has paid for a number of answers, and nothing else. */
export async function expectPaid(member: Client, answers: number): Promise<void> {
  await until(async () => (await accountOf(member)).held === 0, 'nothing is held');
  const { entries } = await expectSettled(member);
  const charges = entries.filter(({ kind }) => kind === 'CHARGE').map(({ amount }) => amount);
  expect(charges).toEqual(Array(answers).fill(-15));
}

/** Counts the streams of answers that the server gives up because nobody reads them any more. */
export function watchEndings() {
  return vi.spyOn(TurnStream.prototype, 'return');
}

/** A client for sockets, as a program makes it. */
export function openSocket(url: string, authorization: string, options: Partial<ClientOptions> = {}): SocketClient {
  return createClient({
    url: socketUrl(url),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryWait: async () => {},
    ...options,
  });
}
