import { expect } from 'vitest';
import { type LanguageModel, ModelFailure, textOf } from '../../src/ports/language-model.ts';
import { until } from '../credits/house.ts';
import type { Client } from '../setup/app.ts';

/** What tests of evaluations ask most often, and a model that answers them. */

export interface EvaluationInput {
  setId: string;
  modelIds: string[];
  repeats?: number;
  judge?: { modelId: string; rubric?: string; allowSameFamily?: boolean };
  payerId?: string;
  creditsMax?: number;
  stopEarly?: boolean;
}

/**
 * Answers with the model's name and the prompt. As a judge it prefers answers by `swift`, is swayed by the order where
 * a prompt has the word `flip`, and says nothing that counts where it has `mumble`.
 */
export function createEvaluatedModel(): LanguageModel & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async stream(request, onPart) {
      const prompt = textOf(request.messages.at(-1) ?? { parts: [] });
      asked.push(`${request.model} ${prompt}`);
      if (request.model === 'faulty') throw new ModelFailure('OVERLOADED', 'This model fails.');
      onPart({
        type: 'text',
        text: request.system?.includes('VERDICT: TIE') ? judged(prompt) : `${request.model} says: ${prompt}`,
      });
      const usage = {
        inputTokens: 20,
        cachedInputTokens: 0,
        cacheWriteInputTokens: 0,
        outputTokens: 10,
        reasoningTokens: 0,
      };
      onPart({ type: 'usage', usage });
      onPart({ type: 'finish', reason: 'STOP' });
    },
    listModels: async () => [],
  };
}

function judged(prompt: string): string {
  if (prompt.includes('mumble')) return 'Hard to say.';
  if (prompt.includes('flip')) return 'VERDICT: A';
  const [, a = ''] = /ANSWER A\n(\w+)/.exec(prompt) ?? [];
  const [, b = ''] = /ANSWER B\n(\w+)/.exec(prompt) ?? [];
  return `I see.\nVERDICT: ${a === 'swift' ? 'A' : b === 'swift' ? 'B' : 'TIE'}`;
}

export async function newSet(client: Client, prompts: readonly string[], input: object = {}): Promise<string> {
  const { createPromptSet } = await client.gql(
    `mutation ($input: PromptSetInput!, $prompts: PromptsInput) {
      createPromptSet(input: $input, prompts: $prompts) { id promptCount }
    }`,
    { input: { name: 'Mine', ...input }, prompts: { prompts: prompts.map((prompt) => ({ prompt })) } },
  );
  expect(createPromptSet.promptCount).toBe(prompts.length);
  return createPromptSet.id;
}

export const runDocument = `mutation ($input: RunEvaluationInput!) {
  runEvaluation(input: $input) {
    __typename
    ... on Error { message }
    ... on InvalidInputError { field }
    ... on InsufficientCreditsError { required available }
    ... on RunEvaluationPayload { evaluation { id state } }
  }
}`;

export async function run(client: Client, input: EvaluationInput): Promise<string> {
  const { runEvaluation } = await client.gql(runDocument, { input });
  expect(runEvaluation).toMatchObject({ __typename: 'RunEvaluationPayload' });
  return runEvaluation.evaluation.id;
}

const score = 'wins losses ties';
const fields = `... on Evaluation {
  state pause { code message } creditsMax judgeOfSameFamily
  decided { id }
  progress { prompts waiting running ended refused cutOff credits pairs judged abstained verdicts blindVerdicts people }
  sums { model { id } answers completed failed credits characters judge { ${score} } people { ${score} } }
  matrix { position prompt cells { answers completed failed credits characters judge { ${score} } people { ${score} } } }
  agreement { pairs agreed kappa kappaLow kappaHigh }
  decision { byJudgeModel best { id } pairs { aWins bWins evidence needed } }
}`;

// biome-ignore lint/suspicious/noExplicitAny: the tests read whatever fields they asked for
export async function look(client: Client, id: string): Promise<any> {
  return (await client.gql(`query ($id: ID!) { node(id: $id) { ${fields} } }`, { id })).node;
}

/** Waits until the evaluation is in this state. */
export async function becomes(client: Client, id: string, state: string) {
  await until(
    async () =>
      (await client.gql('query ($id: ID!) { node(id: $id) { ... on Evaluation { state } } }', { id })).node?.state ===
      state,
    `the evaluation is ${state}`,
    30_000,
  );
  return look(client, id);
}

export async function act(client: Client, name: string, id: string, more = ''): Promise<unknown> {
  return client.gql(`mutation ($id: ID!) { ${name}(id: $id${more}) { state pause { code } } }`, { id });
}

const pairFields = 'id prompt reference answerA answerB judged left';

export interface Pair {
  id: string;
  prompt: string;
  answerA: string;
  answerB: string;
  judged: number;
  left: number;
}

export async function nextPair(client: Client, id: string): Promise<Pair | null> {
  const document = `mutation ($id: ID!) { nextEvaluationPair(id: $id) { ${pairFields} } }`;
  return (await client.gql(document, { id })).nextEvaluationPair;
}

export async function judge(client: Client, pairId: string, verdict: string): Promise<Pair | null> {
  const document = `mutation ($pairId: ID!, $verdict: PairVerdict!) {
    judgeEvaluationPair(pairId: $pairId, verdict: $verdict) { next { ${pairFields} } }
  }`;
  return (await client.gql(document, { pairId, verdict })).judgeEvaluationPair.next;
}
