import { expect } from 'vitest';
import { type LanguageModel, ModelFailure } from '../../src/ports/language-model.ts';
import { type Asked, converse, type PromptInput } from '../api/asking.ts';
import type { Client } from '../setup/app.ts';

/** Models whose answers a test writes beforehand; without one, a model says a new word. */
export interface Lab {
  languageModel: LanguageModel;
  /** Sets what the model says from now on; null: it fails. */
  say(model: string, answer: string | null): void;
  /** What the models were last sent, by their names: the texts of the conversation. */
  readonly sent: ReadonlyMap<string, string[]>;
  reset(): void;
}

export function createLab(): Lab {
  const answers = new Map<string, string | null>();
  const sent = new Map<string, string[]>();
  let count = 0;
  return {
    sent,
    say: (model, answer) => void answers.set(model, answer),
    reset: () => answers.clear(),
    languageModel: {
      listModels: async () => [],
      async stream({ model, messages }, onPart) {
        sent.set(
          model,
          messages.map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')),
        );
        const answer = answers.get(model);
        // Only after a failure that may pass another model is asked.
        if (answer === null) throw new ModelFailure(model === 'shaky' ? 'OVERLOADED' : 'INVALID_REQUEST', 'No.');
        onPart({ type: 'text', text: answer ?? `Word ${++count}.` });
        onPart({ type: 'usage', usage: { ...noUsage, inputTokens: 10, outputTokens: 5 } });
        onPart({ type: 'finish', reason: 'STOP' });
      },
    },
  };
}

const noUsage = { cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };

/** The catalogue of a lab: models without a meaning, and one whose place another one takes if it fails. */
export const labCatalogue = {
  providers: [{ id: 'lab', name: 'Labelle', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' }],
  models: ['alpha', 'beta', 'gamma', 'shaky'].map((name) => ({
    id: `lab/${name}`,
    name,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 1000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    ...(name === 'shaky' && { fallbacks: ['lab/alpha'] }),
  })),
};

export const [alpha, beta, gamma, shaky] = ['lab/alpha', 'lab/beta', 'lab/gamma', 'lab/shaky'] as [
  string,
  string,
  string,
  string,
];

const judgedFields = `id contestants verdict {
  id kind best { id } topic note blind unpaced named createdAt changedAt changeableUntil
}`;

export const judgeDocument = `mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { ${judgedFields} } }`;

export interface JudgeInput {
  kind: 'BEST' | 'TIE' | 'ALL_BAD';
  bestResponseIds?: string[];
  topic?: string;
  note?: string;
}

/** Gives a verdict that is expected to be taken, and returns it. */
export async function judge(client: Client, { turn }: Asked, input: JudgeInput) {
  return (await client.gql(judgeDocument, { input: { turnId: turn.id, ...input } })).judgeTurn.verdict;
}

/** Gives a verdict that is expected to be refused, and returns why. */
export async function refusal(client: Client, { turn }: Asked, input: JudgeInput) {
  const { errors } = await client.post(judgeDocument, { input: { turnId: turn.id, ...input } });
  expect(errors).toHaveLength(1);
  return { message: errors?.[0]?.message, ...errors?.[0]?.extensions };
}

export async function judged(client: Client, { turn }: Asked) {
  return (await client.gql(`query ($id: ID!) { node(id: $id) { ... on Turn { ${judgedFields} } } }`, { id: turn.id }))
    .node;
}

/** Asks the models, or those of the conversation, and returns the turn with its responses’ ids, by lane. */
export async function compare(client: Client, modelIds: string[] | null, input: Partial<PromptInput> = {}) {
  const asked = await converse(client, { prompt: 'Which?', ...(modelIds && { modelIds }), ...input });
  return { ...asked, ids: asked.turn.responses.map(({ id }) => id) };
}

/** The database id in a global one. */
export function localId(globalId: string): string {
  return Buffer.from(globalId, 'base64').toString().split(':')[1] ?? '';
}
