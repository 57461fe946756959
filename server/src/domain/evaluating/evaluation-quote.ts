import type { Kysely } from 'kysely';
import type { Database, StoredParameters } from '../../database/database.ts';
import { findFilesOfSetPrompts, type SetFileRow } from '../../database/files/set-files.ts';
import {
  findPromptSetItems,
  findPromptSetsById,
  type PromptSetItemRow,
  type PromptSetRow,
} from '../../database/judging/prompt-sets.ts';
import { type LanePlan, TYPICAL_OUTPUT_TOKENS } from '../asking/lanes.ts';
import { type QuotedModels, quoteMany } from '../asking/paying/quote-many.ts';
import { type Parameters, validatedParameters } from '../asking/prompt-input.ts';
import type { Catalogue, Model } from '../catalogue/catalogue.ts';
import { charge, hold } from '../catalogue/pricing.ts';
import { validatedSystemPrompt } from '../conversations/system-prompt.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toStorable } from '../ground/storable-text.ts';
import { familyOf } from '../judging/model-family.ts';
import type { Asking } from '../people/members.ts';
import type { PayerChoice } from '../people/paying-team.ts';
import { JUDGE_OUTPUT_TOKENS, JUDGED_LENGTH_MAX, judgeRequest } from './judge-model.ts';
import { SET_PROMPTS_MAX } from './prompt-import.ts';

export interface EvaluationInput {
  setId: string;
  modelIds: readonly string[];
  repeats?: number | null | undefined;
  parameters?: Parameters | null | undefined;
  systemPrompt?: string | null | undefined;
  judge?: JudgeInput | null | undefined;
  /** Who pays. Absent: as the request's headers say, else the member. */
  payer?: PayerChoice | null | undefined;
  creditsMax?: number | null | undefined;
  stopEarly?: boolean | null | undefined;
}

export interface JudgeInput {
  modelId: string;
  /** Blank or absent: the default one. */
  rubric?: string | null | undefined;
  allowSameFamily?: boolean | null | undefined;
}

/** Sendings of prompts in one evaluation, and answers to them. */
export const SENDINGS_MAX = 2_000;
const ANSWERS_MAX = 10_000;
const JUDGINGS_MAX = 20_000;
export const REPEATS_MAX = 10;
export const EVALUATED_MODELS_MAX = 12;
const RUBRIC_LENGTH_MAX = 4_000;

/** An evaluation that could begin. */
export interface EvaluationPlan {
  set: PromptSetRow;
  quoted: QuotedModels;
  judge: Model | null;
  rubric: string | null;
  judgeOfFamily: boolean;
  repeats: number;
  parameters: StoredParameters;
  systemPrompt: string | null;
  /** Sendings of prompts. */
  sendings: number;
  answers: number;
  /** Questions to the judge. */
  judgings: number;
  /** Credits that the answers cost at most, and are likely to cost. */
  maximum: number;
  expected: number;
  /** The part of it that the judge costs. The most is what its answers come to if all answers are as long as they may be. */
  judgeMaximum: number;
  judgeExpected: number;
}

/** Prices the whole evaluation. @throws DomainError, as sendPrompt does */
export async function planEvaluation(
  { db, catalogue }: { db: Kysely<Database>; catalogue: Catalogue },
  member: Asking,
  input: EvaluationInput,
): Promise<EvaluationPlan> {
  const valid = validInput(input);
  const [set] = await findPromptSetsById(db, member.id, [input.setId]);
  if (!set) throw new NotFoundError('prompt set');
  const { repeats, modelIds } = valid;
  const sizes = requireSizes(set.prompts, { repeats, models: modelIds.length, isJudged: input.judge != null });
  const { parameters, systemPrompt: system } = valid;
  const payer = input.payer ?? null;
  const quoted = await quoteMany({ db, catalogue }, member, { modelIds, parameters, system, payer });
  requireDifferent(quoted.models);
  const judging = input.judge
    ? await planJudge({ db, catalogue }, member, { judge: input.judge, quoted, payer })
    : null;
  const items = await findPromptSetItems(db, set.id, { limit: SET_PROMPTS_MAX });
  const files = await findFilesOfSetPrompts(
    db,
    items.map(({ id }) => id),
  );
  const sums = { maximum: 0, expected: 0, judgeMaximum: 0, judgeExpected: 0 };
  for (const [index, item] of items.entries()) {
    const own = files.filter(({ item_id }) => item_id === item.id);
    const lanes = await lanesOfItem(quoted, { ...item, files: own }, index);
    sums.maximum += repeats * sumOf(lanes, 'maximum');
    sums.expected += repeats * sumOf(lanes, 'expected');
    if (!judging) continue;
    const asked = (sizes.judgings / sizes.sendings) * repeats;
    const one = await judging.priceOf({ ...item, files: own }, lanes);
    sums.judgeMaximum += asked * one.maximum;
    sums.judgeExpected += asked * one.expected;
  }
  return {
    set,
    quoted,
    judge: judging?.model ?? null,
    rubric: judging?.rubric ?? null,
    judgeOfFamily: judging?.isOfFamily ?? false,
    repeats,
    parameters,
    systemPrompt: system,
    ...sizes,
    ...sums,
    maximum: sums.maximum + sums.judgeMaximum,
    expected: sums.expected + sums.judgeExpected,
  };
}

function validInput({ modelIds, repeats, parameters, systemPrompt, creditsMax, stopEarly, judge }: EvaluationInput) {
  if (modelIds.length === 0 || modelIds.length > EVALUATED_MODELS_MAX) {
    throw new InvalidInputError('modelIds', `Choose 1 to ${EVALUATED_MODELS_MAX} models.`);
  }
  if (repeats != null && !(repeats >= 1 && repeats <= REPEATS_MAX)) {
    throw new InvalidInputError('repeats', `A prompt can be sent 1 to ${REPEATS_MAX} times.`);
  }
  if (creditsMax != null && creditsMax < 0) {
    throw new InvalidInputError('creditsMax', 'The most that it may cost cannot be negative.');
  }
  if (stopEarly && !judge) {
    throw new InvalidInputError(
      'stopEarly',
      'An evaluation ends early by what a judge model says. Choose a judge; people’s verdicts come later.',
    );
  }
  return {
    modelIds,
    repeats: repeats ?? 1,
    parameters: validatedParameters(parameters ?? {}),
    systemPrompt: systemPrompt?.trim() ? validatedSystemPrompt(systemPrompt) : null,
  };
}

function requireSizes(
  prompts: number,
  { repeats, models, isJudged }: { repeats: number; models: number; isJudged: boolean },
) {
  if (prompts === 0) throw new InvalidInputError('setId', 'This set has no prompts yet.');
  const sendings = prompts * repeats;
  const answers = sendings * models;
  const judgings = isJudged ? sendings * models * (models - 1) : 0;
  const tooMany: [number, number, string][] = [
    [sendings, SENDINGS_MAX, 'prompts would be sent'],
    [answers, ANSWERS_MAX, 'answers would be written'],
    [judgings, JUDGINGS_MAX, 'comparisons would be judged'],
  ];
  for (const [count, most, what] of tooMany) {
    if (count <= most) continue;
    throw new InvalidInputError(
      'setId',
      `${count.toLocaleString('en')} ${what}; an evaluation has at most ${most.toLocaleString('en')}. Use fewer prompts, repeats or models.`,
    );
  }
  return { sendings, answers, judgings };
}

function requireDifferent(models: readonly Model[]): void {
  if (new Set(models.map(({ id }) => id)).size === models.length) return;
  throw new InvalidInputError('modelIds', 'Name each model once; `repeats` asks it several times.');
}

type ItemWithFiles = PromptSetItemRow & { files: readonly SetFileRow[] };

async function lanesOfItem(quoted: QuotedModels, item: ItemWithFiles, index: number): Promise<LanePlan[]> {
  try {
    return await quoted.lanesOf(item.prompt, { files: item.files, areRequired: true });
  } catch (error) {
    if (error instanceof InvalidInputError)
      throw new InvalidInputError('setId', `Prompt ${index + 1}: ${error.message}`);
    throw error;
  }
}

async function planJudge(
  options: { db: Kysely<Database>; catalogue: Catalogue },
  member: Asking,
  { judge, quoted, payer }: { judge: JudgeInput; quoted: QuotedModels; payer: PayerChoice | null },
) {
  if (quoted.models.length < 2) throw new InvalidInputError('judge', 'A judge compares: choose two models or more.');
  const rubric = judge.rubric?.trim() ? toStorable(judge.rubric.trim()) : null;
  if ((rubric?.length ?? 0) > RUBRIC_LENGTH_MAX) {
    throw new InvalidInputError(
      'judge.rubric',
      `A rubric has at most ${RUBRIC_LENGTH_MAX.toLocaleString('en')} characters.`,
    );
  }
  const parameters = { maxOutputTokens: JUDGE_OUTPUT_TOKENS };
  const judging = (system: string | null) =>
    quoteMany(options, member, { modelIds: [judge.modelId], system, parameters, payer });
  const [model] = (await judging(null)).models as [Model];
  const isOfFamily = quoted.models.some(({ id }) => familyOf(id) === familyOf(model.id));
  if (isOfFamily && !judge.allowSameFamily) {
    throw new InvalidInputError(
      'judge.modelId',
      `${model.name} is of the same family as a model that it would judge, and may prefer it. Choose another judge, or allow it.`,
    );
  }
  const texts = { key: '', rubric, answers: ['', ''] as const };
  const { lanesOf } = await judging(judgeRequest({ ...texts, prompt: '', reference: null }).system);
  return {
    model,
    rubric,
    isOfFamily,
    async priceOf({ prompt, reference, files }: ItemWithFiles, lanes: readonly LanePlan[]) {
      const asked = judgeRequest({ ...texts, prompt, reference }).prompt;
      const [plan] = (await lanesOf(asked, { files, areRequired: false })) as [LanePlan];
      const [candidate] = plan.candidates;
      const answered = Math.min(JUDGED_LENGTH_MAX, mostOutput(lanes));
      const input = candidate?.input.most ?? plan.inputTokens;
      return {
        maximum: hold(model.prices, input + 2 * answered, candidate?.maxOutputTokens ?? JUDGE_OUTPUT_TOKENS),
        expected: charge(model.prices, {
          inputTokens: plan.inputTokens + 2 * Math.min(TYPICAL_OUTPUT_TOKENS, answered),
          cachedInputTokens: 0,
          cacheWriteInputTokens: 0,
          outputTokens: TYPICAL_OUTPUT_TOKENS,
          reasoningTokens: 0,
        }),
      };
    },
  };
}

/** Tokens of the longest answer of these lanes. */
function mostOutput(lanes: readonly LanePlan[]): number {
  return Math.max(...lanes.flatMap(({ candidates }) => candidates.map(({ maxOutputTokens }) => maxOutputTokens)));
}

function sumOf(lanes: readonly LanePlan[], field: 'maximum' | 'expected'): number {
  return lanes.reduce((sum, lane) => sum + lane[field], 0);
}
