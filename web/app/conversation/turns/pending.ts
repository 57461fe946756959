import type {
  ModelChoiceFragment,
  ModelFieldsFragment,
  ResponseFieldsFragment,
  TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { emptyResponse } from '../following/empty-response.ts';
import { standInAt } from '../following/hidden.ts';
import { blindLanesOf, type Choice, type MergeChoice, modelsOf, type Question } from './asking.ts';
import { afterAll } from './versions.ts';

/** A prompt that is on its way. */
export interface PendingPrompt {
  /** The React key of its turn. The turn keeps it when the API has given it an id, so that its components stay. */
  key: string;
  /** The turn as it will look. */
  turn: TurnFieldsFragment;
  /** The turn in whose place the prompt is sent; null if it is sent after the last one. */
  instead: TurnFieldsFragment | null;
  choice: Choice;
}

export function pendingPrompt(
  { prompt, files }: Question,
  choice: Choice,
  { instead, models }: { instead: TurnFieldsFragment | null; models: readonly ModelChoiceFragment[] },
): PendingPrompt {
  const { modelIds, systemPrompt, payerId, blind, drawCount, merge, agent } = choice;
  const merging = modelsOf(choice).merge;
  made += 1;
  const turn = blind
    ? pendingBlindTurn(prompt, blindLanesOf(choice) + (merging ? 1 : 0))
    : withMerge(pendingTurn(prompt, modelIds, models), merging, models);
  return {
    key: `pending-${made}`,
    turn: { ...turn, files: [...files] },
    instead,
    choice: { modelIds, systemPrompt, payerId, blind, drawCount, merge, agent },
  };
}

/** The turn of a prompt that is on its way. */
export function pendingTurn(
  prompt: string,
  modelIds: readonly string[],
  models: readonly ModelChoiceFragment[],
): TurnFieldsFragment {
  const createdAt = new Date().toISOString();
  const responses = modelIds.map((id, lane) => pendingResponse(lane, findModel(models, id), createdAt));
  return { ...emptyTurn, prompt, responses, createdAt };
}

/** The turn with one lane more, in which its answers are to be merged. */
function withMerge(
  turn: TurnFieldsFragment,
  merge: MergeChoice | undefined,
  models: readonly ModelChoiceFragment[],
): TurnFieldsFragment {
  const [first] = turn.responses;
  if (!merge || !first) return turn;
  const model = merge.modelId === null ? first.model : findModel(models, merge.modelId);
  const lane = pendingResponse(turn.responses.length, model, turn.createdAt);
  const mergedFrom = turn.responses.map(({ id }) => ({ id }));
  return {
    ...turn,
    withMerge: true,
    responses: [...turn.responses, { ...lane, mergeMode: merge.mode, mergedFrom }],
  };
}

/** The turn of a blind prompt that is on its way. It names no model: the server alone decides on their order. */
function pendingBlindTurn(prompt: string, lanes: number): TurnFieldsFragment {
  const createdAt = new Date().toISOString();
  const responses = Array.from({ length: lanes }, (_, lane) => pendingResponse(lane, standInAt(lane), createdAt));
  return { ...emptyTurn, prompt, responses, blind: true, hidden: true, createdAt };
}

const emptyTurn = {
  // It has its position once the API has taken it.
  position: 0,
  ...{ id: 'pending', parent: null, alternatives: [], files: [], chosen: null },
  ...{ blind: false, hidden: false, unpaced: false, withMerge: false, imported: false, verdict: null },
  ...{ agentId: null, toolIds: [], maxCredits: null },
};

/** An answer that is asked for again, as its lane shows it until the API has given it an id. */
export interface PendingVersion {
  turnId: string;
  response: ResponseFieldsFragment;
}

export function pendingVersion(
  turn: TurnFieldsFragment,
  before: ResponseFieldsFragment,
  modelId: string | undefined,
  models: readonly ModelChoiceFragment[],
): PendingVersion {
  const model = modelId ? findModel(models, modelId) : before.model;
  const { mergeMode, mergedFrom } = before;
  const response = pendingResponse(before.lane, model, afterAll(turn.responses));
  return { turnId: turn.id, response: { ...response, mergeMode, mergedFrom } };
}

/** A pending version that continues the text of `before`. */
export function pendingContinuation(turn: TurnFieldsFragment, before: ResponseFieldsFragment): PendingVersion {
  const { lane, id, model, servedBy, text, reasoning, citations, mergeMode, mergedFrom } = before;
  const begun = { servedBy, text, reasoning, citations, mergeMode, mergedFrom, continues: { id } };
  return { turnId: turn.id, response: { ...pendingResponse(lane, model, afterAll(turn.responses)), ...begun } };
}

/** The turn with its pending versions; the same object if it has none. */
export function withPending(turn: TurnFieldsFragment, versions: readonly PendingVersion[]): TurnFieldsFragment {
  const own = versions.filter(({ turnId }) => turnId === turn.id);
  return own.length === 0 ? turn : { ...turn, responses: [...turn.responses, ...own.map(({ response }) => response)] };
}

export function isPending(responseId: string): boolean {
  return responseId.startsWith('pending-');
}

let made = 0;

function pendingResponse(lane: number, model: ModelFieldsFragment, createdAt: string): ResponseFieldsFragment {
  made += 1;
  return emptyResponse(`pending-${made}`, { lane, model, createdAt });
}

function findModel(models: readonly ModelChoiceFragment[], id: string): ModelFieldsFragment {
  return models.find((model) => model.id === id) ?? { id, name: id, provider: { id: '', name: '' } };
}
