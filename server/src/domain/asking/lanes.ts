import type { StoredMerge, StoredParameters } from '../../database/database.ts';
import type { TurnRow } from '../../database/turns.ts';
import type { Answer } from '../../database/versions.ts';
import type { Candidate } from '../answering/generation-job.ts';
import type { Model, Tier } from '../catalogue/catalogue.ts';
import { modelAccess } from '../catalogue/models.ts';
import { charge, hold } from '../catalogue/pricing.ts';
import { InvalidInputError } from '../ground/errors.ts';
import type { SentFiles } from '../ground/stored-files.ts';
import { TextSizes } from '../ground/tokens.ts';
import type { InputTokens } from '../money/hold-growth.ts';
import type { Admission } from './admission.ts';
import type { AgentLane } from './agents/agent-lane.ts';
import { type FittedContext, fitContext, type PastTurn } from './context-window.ts';
import type { HistorySource } from './continued-history.ts';
import { type AnswerImage, imagesOf, placedImages, saysSomething } from './files/answer-images.ts';
import { type PlacedFile, placedFiles, promptFiles, type SentFile } from './files/placed-files.ts';

/** A branch up to, not including, the new prompt; oldest first. */
export interface History {
  turns: readonly PlacedTurn[];
  /** For every lane of these turns the version that is shown, if it has text or an image. */
  answers: readonly Answer[];
  /** The files that models made in them, by id. Absent: none. */
  made?: ReadonlyMap<string, SentFile>;
}

interface PlacedTurn {
  id: string;
  prompt: string;
  files: readonly SentFile[];
  chosen_lane: number | null;
  /** Whether its models are hidden from its member. */
  hidden: boolean;
  /** As what it answers; null: as the lane that asks. */
  source: HistorySource | null;
}

/** Whether a turn hides its models from its member. */
export function hidesModels({ blind, revealed_at }: Pick<TurnRow, 'blind' | 'revealed_at'>): boolean {
  return blind && revealed_at === null;
}

export interface LaneRequest {
  lane: number;
  model: Model;
  /** The model's fallbacks that this member may use, in order. */
  fallbacks: readonly Model[];
  history: History;
  system: string | null;
  prompt: string;
  files: PromptFiles;
  /** The text so far of the answer that the lane is to go on with. Absent: a new answer. */
  answerSoFar?: string | undefined;
  /** The images of that answer. Absent: none. */
  imagesSoFar?: readonly AnswerImage[] | undefined;
  /** Tokens that the prompt will have beside its text, which nobody has written yet. Absent: none. */
  unread?: InputTokens | undefined;
  parameters: StoredParameters;
  tier: Tier;
  /** Shared by the lanes of a prompt. */
  sizes: TextSizes;
}

/** The files of a prompt. */
export interface PromptFiles {
  files: readonly SentFile[];
  /** Whether a model is refused that cannot read all of them; else lines stand in the place of those that it cannot. */
  areRequired: boolean;
}

export const noFiles: PromptFiles = { files: [], areRequired: true };

/** Everything that a lane will send, and its price. */
export interface LanePlan {
  lane: number;
  model: Model;
  candidates: Candidate[];
  /** Credits that the lane costs at most, whichever of its candidates answers. */
  maximum: number;
  /** Credits that it is likely to cost. */
  expected: number;
  /** Likely input tokens. */
  inputTokens: number;
  /** How many of the oldest turns the model is not sent, because they do not fit into its context window. */
  dropped: number;
  /** What the model is sent of files. Absent: it is a program's call. */
  files?: SentFiles | undefined;
  /** What the lane makes of the others of its turn, once they are final. Absent: it answers the prompt itself. */
  merge?: PromptMerge;
  /** The agent that writes it. Absent: its model is asked once. */
  agent?: AgentLane;
}

/** A merge that is asked for with the prompt. */
export type PromptMerge = Pick<StoredMerge, 'mode' | 'instruction'>;

/** The assumed length of an answer when estimating its cost. */
export const TYPICAL_OUTPUT_TOKENS = 500;

/** What all lanes of a prompt have in common. */
export interface LanesRequest
  extends Pick<LaneRequest, 'prompt' | 'files' | 'answerSoFar' | 'imagesSoFar' | 'parameters' | 'history' | 'system'> {
  /** As `LaneRequest.unread`, for each model. Absent: nothing. */
  unreadOf?: ((model: Model) => InputTokens) | undefined;
}

/** A plan for each model, in lanes from `firstLane` on. */
export function planLanes(
  { tier, access }: Pick<Admission, 'tier' | 'access'>,
  request: LanesRequest,
  models: readonly Model[],
  firstLane: number,
): LanePlan[] {
  const sizes = new TextSizes();
  return models.map((model, index) => {
    const unread = request.unreadOf?.(model);
    const fallbacks = fallbacksOf(model, access);
    return planLane({ ...request, unread, tier, model, fallbacks, sizes, lane: firstLane + index });
  });
}

/** The model's fallbacks that the member may use, in order. */
export function fallbacksOf(model: Model, access: Admission['access']): Model[] {
  return model.fallbacks
    .flatMap((id) => access.catalogue.models.get(id) ?? [])
    .filter((fallback) => modelAccess(fallback, access).allowed);
}

/** @throws InvalidInputError when the prompt does not fit into the model's context window; FileNotReadableError */
export function planLane(request: LaneRequest): LanePlan {
  const { lane, model, fallbacks } = request;
  const primary = fitInto(request, model, filesFor(request, model));
  if (primary.context.tooLong) {
    const { inputTokens, inputTokensAllowed } = primary.context;
    throw new InvalidInputError(
      request.answerSoFar === undefined ? 'prompt' : 'responseId',
      `About ${inputTokens.toLocaleString('en')} tokens are too many: ${model.name} has room for ${inputTokensAllowed.toLocaleString('en')}.`,
    );
  }
  const { context } = primary;
  const fitted = [primary, ...fallbacks.flatMap((fallback) => fitFallback(request, fallback))].filter(fits);
  return {
    lane,
    model,
    candidates: fitted.map(({ model, context: { messages, files, maxOutputTokens, inputTokens, inputTokensMax } }) => ({
      model,
      messages,
      files,
      maxOutputTokens,
      input: { likely: inputTokens, most: inputTokensMax },
    })),
    maximum: Math.max(
      ...fitted.map(({ model, context }) => hold(model.prices, context.inputTokensMax, context.maxOutputTokens)),
    ),
    expected: charge(model.prices, {
      inputTokens: context.inputTokens,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: Math.min(TYPICAL_OUTPUT_TOKENS, context.maxOutputTokens),
      reasoningTokens: 0,
    }),
    inputTokens: context.inputTokens,
    dropped: context.dropped,
    files: context.files,
  };
}

function filesFor({ files: { files, areRequired } }: LaneRequest, model: Model): PlacedFile[] {
  return promptFiles(files, model, areRequired);
}

/** None: it cannot read the prompt's files. */
function fitFallback(request: LaneRequest, fallback: Model): ReturnType<typeof fitInto>[] {
  try {
    return [fitInto(request, fallback, filesFor(request, fallback))];
  } catch (error) {
    if (error instanceof InvalidInputError) return [];
    throw error;
  }
}

function fitInto(request: LaneRequest, model: Model, files: readonly PlacedFile[]) {
  const { lane, history, system, prompt, answerSoFar, unread, parameters, tier, sizes } = request;
  const imagesSoFar = placedImages(request.imagesSoFar ?? [], model);
  const maxOutputTokens = Math.min(
    parameters.maxOutputTokens ?? Number.POSITIVE_INFINITY,
    tier.maxOutputTokens,
    model.maxOutputTokens,
  );
  const turns = pastTurns(history, lane, { answering: request.model, asked: model });
  return {
    model,
    context: fitContext(
      {
        ...{ system, turns, prompt, files, answerSoFar, imagesSoFar, unread, maxOutputTokens },
        contextWindow: model.contextWindow,
      },
      sizes,
    ),
  };
}

interface Fitted {
  model: Model;
  context: Extract<FittedContext, { tooLong: false }>;
}

function fits(fitted: ReturnType<typeof fitInto>): fitted is Fitted {
  return !fitted.context.tooLong;
}

/** @param answering the lane's model, with whose answers each of its candidates goes on */
function pastTurns(
  history: History,
  lane: number,
  { answering, asked }: { answering: Model; asked: Model },
): PastTurn[] {
  const answers = answersFor(history, { lane, modelId: answering.id });
  const made = history.made ?? new Map();
  return history.turns.map(({ prompt, files }, place) => {
    const answer = answers[place];
    return {
      prompt,
      files: placedFiles(files, asked),
      answer: answer?.text ?? null,
      images: answer ? placedImages(imagesOf(answer, made), asked) : [],
    };
  });
}

/**
 * The answer with which each turn of the branch is sent to a lane; null: none. It is the first of these that exists: the
 * model's own in this lane, its own in another lane, the chosen lane's, another model's in this lane, any. If another
 * model was asked again in the model's place, its answer counts as the model's own: it is the one shown there. Lane and
 * model are those of the answer that a prompt in between went on from, if there is one. A turn that hides its models is
 * remembered by lanes alone: a model that is given its own answer could tell which one that was.
 */
export function answersFor({ turns, answers }: History, asking: HistorySource): (Answer | null)[] {
  const answersOf = new Map<string, Answer[]>(turns.map(({ id }) => [id, []]));
  for (const answer of answers) if (saysSomething(answer)) answersOf.get(answer.turn_id)?.push(answer);
  return turns.map(({ id, chosen_lane, hidden, source }) => {
    const { lane, modelId } = source ?? asking;
    const ofTurn = answersOf.get(id) ?? [];
    const ofLane = ofTurn.find((candidate) => candidate.lane === lane);
    if (hidden) {
      return ofLane ?? ofTurn.find((candidate) => candidate.lane === chosen_lane) ?? ofTurn[0] ?? null;
    }
    const own = ofTurn.filter((answer) => answer.model_id === modelId || answer.asked_model_id === modelId);
    return (
      own.find((candidate) => candidate.lane === lane) ??
      own.find((candidate) => candidate.model_id === modelId) ??
      own[0] ??
      ofTurn.find((candidate) => candidate.lane === chosen_lane) ??
      ofLane ??
      ofTurn[0] ??
      null
    );
  });
}
