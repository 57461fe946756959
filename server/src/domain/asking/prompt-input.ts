import { isDeepStrictEqual } from 'node:util';
import type { StoredAgent } from '../../database/agents/agent-tables.ts';
import type { StoredMerge, StoredParameters } from '../../database/database.ts';
import type { KeyedTurnRow } from '../../database/turns.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { findModel } from '../catalogue/model-names.ts';
import { requireNameable } from '../catalogue/models.ts';
import { validatedSystemPrompt } from '../conversations/system-prompt.ts';
import { InvalidInputError } from '../ground/errors.ts';
import { toStorable } from '../ground/storable-text.ts';
import type { PayerChoice } from '../people/paying-team.ts';
import { type AgentInput, validAgent } from './agents/agent-request.ts';
import { validatedFileIds } from './files/turn-files.ts';
import type { PromptMerge } from './lanes.ts';
import { validInstruction } from './merging/instruction.ts';
import type { PlaceRequest } from './place.ts';
import type { Exchange } from './sent-history.ts';

export interface PromptInput extends PlaceRequest, AgentInput {
  prompt: string;
  /** Absent: the conversation's, else the server's default. */
  modelIds?: readonly string[] | null;
  /** Whether the models are hidden until the turn is judged or revealed; without `modelIds` some are drawn. */
  blind?: boolean | null;
  /** How many models a blind prompt without `modelIds` has drawn. Absent: two. */
  drawCount?: number | null;
  parameters?: Parameters | null;
  /** The member's own, in the order in which models are sent them, before the prompt's text. */
  fileIds?: readonly string[] | null;
  /** Whether a model that cannot read a file is sent the prompt without it. Absent: it is refused. */
  filesOptional?: boolean;
  idempotencyKey?: string | null;
  /** A merge of the answers, in a lane of its own. Absent: none, but where the models of hidden answers go on as before. */
  merge?: PromptMergeInput | null;
  /** Who is to pay. Absent: the team that pays in the conversation, else the member. */
  payer?: PayerChoice | null;
  /**
   * The history that a program's client knows, oldest first; what of it the conversation lacks is stored before the
   * prompt (`joinHistory`). Absent: the conversation's own is all.
   */
  before?: readonly SentExchange[] | null;
  /** The conversation's system prompt from now on. Absent or blank: the conversation keeps its own. */
  system?: string | null;
  /** The evaluation that asks: the new conversation is its own, and no list shows it. Absent: a member asks. */
  evaluationId?: string | null;
  /** Whether nothing of the new conversation is kept but the bill; an existing one stays as it is. */
  temporary?: boolean | null;
}

/** An exchange of the history that a client knows. */
export interface SentExchange extends Omit<Exchange, 'files'> {
  /** The member's own, as `PromptInput.fileIds`. Absent: none. */
  fileIds?: readonly string[];
}

export interface PromptMergeInput {
  /** Absent: the first of the models or, of a blind prompt, any of them. */
  modelId?: string | null;
  /** Absent: `COMBINE`. */
  mode?: StoredMerge['mode'] | null;
  instruction?: string | null;
}

/** A `PromptMergeInput` that has passed `validated`. */
export interface ValidMerge extends PromptMerge {
  modelId: string | null;
}

export interface Parameters {
  temperature?: number | null;
  topP?: number | null;
  maxOutputTokens?: number | null;
}

/** UTF-16 code units. */
export const PROMPT_LENGTH_MAX = 500_000;

/** Answers that one merge may read. */
export const SOURCES_MAX = 12;

/** An input that has passed `validated`. */
export interface ValidPrompt
  extends Omit<PromptInput, 'parameters' | 'merge' | 'before' | 'system' | 'fileIds' | keyof AgentInput> {
  fileIds: readonly string[];
  parameters: StoredParameters;
  merge: ValidMerge | null;
  /** Null: each model is asked once. */
  agent: StoredAgent | null;
  before: readonly (SentExchange & { fileIds: readonly string[] })[] | null;
  system: string | null;
}

/** Checks everything that can be checked without the database. @throws InvalidInputError */
export function validated(input: PromptInput, catalogue: Catalogue): ValidPrompt {
  const { length } = input.prompt;
  if (length > PROMPT_LENGTH_MAX) {
    throw new InvalidInputError(
      'prompt',
      `The prompt has ${length.toLocaleString('en')} characters; at most ${PROMPT_LENGTH_MAX.toLocaleString('en')} are allowed.`,
    );
  }
  const prompt = toStorable(input.prompt);
  if (prompt.trim() === '') throw new InvalidInputError('prompt', 'The prompt is empty.');
  if (input.modelIds?.length === 0) throw new InvalidInputError('modelIds', 'Choose at least one model.');
  if (input.modelIds) requireNameable(catalogue, input.modelIds);
  if (input.drawCount != null) requireDrawn(input, input.drawCount);
  const key = input.idempotencyKey ?? null;
  if (key !== null && (key.length === 0 || key.length > 200 || key !== toStorable(key))) {
    throw new InvalidInputError('idempotencyKey', 'An idempotency key must have 1 to 200 characters.');
  }
  return {
    ...input,
    prompt,
    fileIds: validatedFileIds(input.fileIds),
    idempotencyKey: key,
    parameters: validatedParameters(input.parameters ?? {}),
    merge: input.merge ? validMerge(input.merge, input) : null,
    agent: validAgent(input, { isBlind: input.blind ?? false }),
    before:
      input.before?.map(({ prompt, answer, fileIds }) => ({
        prompt: toStorable(prompt),
        answer: toStorable(answer),
        fileIds: [...new Set(fileIds)],
      })) ?? null,
    system: input.system?.trim() ? validatedSystemPrompt(input.system) : null,
  };
}

/** @throws InvalidInputError */
function validMerge({ modelId = null, mode, instruction }: PromptMergeInput, { blind }: PromptInput): ValidMerge {
  if (blind && mode && mode !== 'COMBINE') {
    throw new InvalidInputError('merge.mode', 'A merge that is judged blindly combines its sources.');
  }
  return { modelId, mode: mode ?? 'COMBINE', instruction: validInstruction(instruction, 'merge.instruction') };
}

/** @throws InvalidInputError if the models are not to be drawn, or too few of them */
function requireDrawn({ blind, modelIds }: PromptInput, count: number): void {
  if (!blind) throw new InvalidInputError('drawCount', 'Models are drawn for blind prompts only.');
  if (modelIds) throw new InvalidInputError('drawCount', 'The models are named, so none is drawn.');
  if (count < 2) throw new InvalidInputError('drawCount', 'A blind comparison needs at least two models.');
}

/**
 * Requires that the request repeats the prompt that the key was first sent with. A client that reuses a key for another
 * prompt has made a mistake, and must not take the old answer for its own. Fields that the request leaves out are not
 * compared; nor are the models of a blind turn, which the comparison would tell.
 *
 * @throws InvalidInputError
 */
export function requireSameInput(request: ValidPrompt, turn: KeyedTurnRow, catalogue: Catalogue): void {
  const { prompt, parameters, fileIds, conversationId, parentTurnId, atStart, historyFrom } = request;
  const modelIds = turn.blind ? null : request.modelIds;
  const namedIds = modelIds?.map((id) => findModel(catalogue, id)?.id ?? id) ?? turn.asked_model_ids;
  const isSame =
    prompt === turn.prompt &&
    (request.blind ?? false) === turn.blind &&
    isSameMerge(request.merge, turn, catalogue) &&
    isSameAgent(request.agent, turn.agent) &&
    isEqual(parameters, turn.parameters) &&
    isEqual(fileIds, turn.file_ids) &&
    isEqual(namedIds, turn.asked_model_ids) &&
    (conversationId == null || conversationId === turn.conversation_id) &&
    // A prompt without a place began a conversation.
    (conversationId != null || parentTurnId != null || turn.parent_id === null) &&
    (historyFrom == null || historyFrom === turn.history_response_id) &&
    (atStart ? turn.parent_id === null : parentTurnId == null || parentTurnId === turn.parent_id);
  if (isSame) return;
  throw new InvalidInputError(
    'idempotencyKey',
    'This idempotency key was already used for another prompt, or in another place.',
  );
}

function isSameAgent(asked: StoredAgent | null, stored: StoredAgent | null): boolean {
  if (asked === null || stored === null) return asked === stored;
  return (
    asked.agentId === stored.agentId &&
    asked.maxCredits === stored.maxCredits &&
    isEqual(asked.toolIds, stored.toolIds) &&
    isDeepStrictEqual(asked.firstCall, stored.firstCall)
  );
}

/** The models of a blind turn are not compared, and that of its merge neither. */
function isSameMerge(
  merge: ValidMerge | null,
  { blind, asked_merge: asked }: KeyedTurnRow,
  catalogue: Catalogue,
): boolean {
  if (merge === null) return true;
  if (merge.mode !== asked?.mode || merge.instruction !== asked.instruction) return false;
  const { modelId } = merge;
  return blind || modelId === null || (findModel(catalogue, modelId)?.id ?? modelId) === asked.modelId;
}

function isEqual(one: object, other: object): boolean {
  const entries = Object.entries(one);
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([key, value]) => value === (other as Record<string, unknown>)[key])
  );
}

/** @throws InvalidInputError */
export function validatedParameters({ temperature, topP, maxOutputTokens }: Parameters): StoredParameters {
  if (temperature != null && !(temperature >= 0 && temperature <= 2)) {
    throw new InvalidInputError('parameters.temperature', 'The temperature must be between 0 and 2.');
  }
  if (topP != null && !(topP > 0 && topP <= 1)) {
    throw new InvalidInputError('parameters.topP', 'topP must be above 0 and at most 1.');
  }
  if (maxOutputTokens != null && maxOutputTokens < 1) {
    throw new InvalidInputError('parameters.maxOutputTokens', 'The longest answer must have at least one token.');
  }
  return {
    ...(temperature != null && { temperature }),
    ...(topP != null && { topP }),
    ...(maxOutputTokens != null && { maxOutputTokens }),
  };
}
