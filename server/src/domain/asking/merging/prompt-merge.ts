import type { Model } from '../../catalogue/catalogue.ts';
import { resolveModels } from '../../catalogue/models.ts';
import { InvalidInputError } from '../../ground/errors.ts';
import { TextSizes } from '../../ground/tokens.ts';
import type { Admission } from '../admission.ts';
import {
  fallbacksOf,
  type LanePlan,
  type LanesRequest,
  type PromptFiles,
  type PromptMerge,
  planLane,
  TYPICAL_OUTPUT_TOKENS,
} from '../lanes.ts';
import { SOURCES_MAX, type ValidPrompt } from '../prompt-input.ts';
import { mergePrompt } from './merge-prompt.ts';

/** A merge of the prompt's other lanes, and where it stands among them. */
export interface PromptMergeLane extends PromptMerge {
  lane: number;
  model: Model;
}

/**
 * Bytes of text that count for a token of an answer that is not written yet, as English has. If the answers are longer,
 * the merge may become the shorter: what it costs at most stays the same (`mergeStart`).
 */
const BYTES_OF_TOKEN = 4;

type Planning = Pick<Admission, 'tier' | 'access'>;
type Question = Pick<LanesRequest, 'prompt' | 'files' | 'parameters' | 'history' | 'system' | 'unreadOf'>;

/** The merge behind the lanes of these models, as the request asks for it; null: it asks for none. */
export function openMergeOf(
  { merge }: ValidPrompt,
  models: readonly Model[],
  catalogue: Admission['access']['catalogue'],
) {
  if (!merge) return null;
  const { mode, instruction, modelId } = merge;
  const [model] = modelId === null ? models : resolveModels(catalogue, [modelId]);
  return { mode, instruction, lane: models.length, model: model as Model };
}

/** A plan for each model and for the merge of their answers, by lane. @throws InvalidInputError */
export function planWithMerge(
  planning: Planning,
  question: Question,
  models: readonly Model[],
  merge: PromptMergeLane,
): LanePlan[] {
  if (models.length < 2 || models.length > SOURCES_MAX) {
    throw new InvalidInputError('merge', `A merge is made of 2 to ${SOURCES_MAX} answers: ask as many models.`);
  }
  const sizes = new TextSizes();
  const sources = models.map((model, index) => {
    const lane = index < merge.lane ? index : index + 1;
    const fallbacks = fallbacksOf(model, planning.access);
    const unread = question.unreadOf?.(model);
    return planLane({ ...question, unread, tier: planning.tier, model, fallbacks, sizes, lane });
  });
  const planned = planMerge(planning, question, merge, sources.map(outputOf), sizes);
  return sources.toSpliced(merge.lane, 0, planned);
}

/** The most tokens of the lane's answer. */
export function outputOf({ candidates }: LanePlan): number {
  return Math.max(...candidates.map(({ maxOutputTokens }) => maxOutputTokens));
}

/**
 * The plan of a merge whose sources are not written yet.
 *
 * @param outputs the most tokens of each source
 * @throws InvalidInputError if not even typical answers fit into the model's context window
 */
export function planMerge(
  { tier, access }: Planning,
  question: Question,
  { lane, model, mode, instruction }: PromptMergeLane,
  outputs: readonly number[],
  sizes = new TextSizes(),
): LanePlan {
  const merge = { mode, instruction };
  const prompt = mergePrompt(merge, { prompt: question.prompt, answers: outputs.map(() => '') });
  const unread = {
    likely: outputs.reduce((sum, output) => sum + Math.min(output, TYPICAL_OUTPUT_TOKENS), 0),
    most: outputs.reduce((sum, output) => sum + output * BYTES_OF_TOKEN, 0),
  };
  const fallbacks = fallbacksOf(model, access);
  const files = filesOfMerge(question.files);
  return { ...planLane({ ...question, files, prompt, unread, tier, model, fallbacks, sizes, lane }), merge };
}

/** A merge is made of texts: its model need not see what they are about. */
export function filesOfMerge({ files }: PromptFiles): PromptFiles {
  return { files, areRequired: false };
}
