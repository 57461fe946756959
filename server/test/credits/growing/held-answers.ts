import type { Kysely } from 'kysely';
import type { Database } from '../../../src/database/database.ts';
import type { PromptInput } from '../../../src/domain/asking/prompt-input.ts';
import type { Asking } from '../../../src/domain/people/members.ts';
import { type House, until } from '../house.ts';
import type { ScriptedCall, ScriptedModel } from '../scripted-model.ts';

export const ask = { prompt: 'Tell me a story.', modelIds: ['lab/plain'] };
/** Some 90 tokens. */
export const story = Array.from({ length: 40 }, (_, index) => `word${index} `).join('');

/** A report that costs 10 credits and 4 for each token of output, at the lab's prices. */
export function usageOf(outputTokens: number) {
  return { inputTokens: 10, outputTokens, reasoningTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0 };
}

/** Begins an answer that the test writes. */
export async function begin(
  { house, languageModel, db }: { house: House; languageModel: ScriptedModel; db: Kysely<Database> },
  asking: Asking,
  input: Partial<PromptInput> = {},
) {
  const before = languageModel.requests.length;
  const turn = await house.prompts.send(asking, { ...ask, ...input });
  await until(() => languageModel.requests.length > before, 'the model is asked');
  const request = languageModel.requests[before];
  const call = languageModel.open.find((one) => one.request === request);
  if (!call) throw new Error('The model was not asked.');
  const row = () => db.selectFrom('response').selectAll().where('turn_id', '=', turn.id).executeTakeFirstOrThrow();
  return { turn, call, row };
}

export type HeldAnswer = Awaited<ReturnType<typeof begin>>;

export async function ended({ row }: Pick<HeldAnswer, 'row'>) {
  await until(async () => (await row()).finished_at !== null, 'the answer has ended');
  return row();
}

export function tell(call: ScriptedCall, stories: number): void {
  for (let piece = 0; piece < stories; piece++) call.push({ type: 'text', text: story });
}
