import type { Kysely } from 'kysely';
import { findTeamOfAccount } from '../../../database/credits.ts';
import type { Database, StoredMerge } from '../../../database/database.ts';
import { findFilesOfTurns } from '../../../database/files/files.ts';
import { findResponsesOfTurns, type ResponseRow } from '../../../database/responses.ts';
import { findTurns, type TurnRow } from '../../../database/turns.ts';
import type { Model } from '../../catalogue/catalogue.ts';
import { resolveModels } from '../../catalogue/models.ts';
import { requireNotPending } from '../../conversations/pending.ts';
import { InvalidInputError, NotFoundError } from '../../ground/errors.ts';
import type { Asking } from '../../people/members.ts';
import { type Admitted, newResponses } from '../new-responses.ts';
import { continuedBy } from '../place.ts';
import { PROMPT_LENGTH_MAX, type PromptInput, SOURCES_MAX } from '../prompt-input.ts';
import type { MergeLane } from '../quote.ts';
import type { Admitting, AskingOptions } from '../sending.ts';
import { lookAtLane, planVersion, store } from '../versions.ts';
import { validInstruction } from './instruction.ts';
import { mergeLengthMin, mergePrompt, textsOfMerge } from './merge-prompt.ts';
import { isMergeable } from './sources.ts';

/** Answers of a turn that a model is to make into one. */
export interface MergeInput {
  turnId: string;
  /** In the order in which the model reads them. */
  responseIds: readonly string[];
  modelId: string;
  mode: StoredMerge['mode'];
  /** What is asked for beside that. */
  instruction: string | null;
}

/** More merges of one prompt than anybody reads. */
const MERGES_MAX = 12;

/** Checks everything that can be checked without the database. @throws InvalidInputError */
export function validatedMerge(input: MergeInput): MergeInput {
  const { responseIds } = input;
  if (new Set(responseIds).size < responseIds.length) {
    throw new InvalidInputError('responseIds', 'Name each answer once.');
  }
  if (responseIds.length < 2 || responseIds.length > SOURCES_MAX) {
    throw new InvalidInputError('responseIds', `Choose 2 to ${SOURCES_MAX} answers.`);
  }
  return { ...input, instruction: validInstruction(input.instruction, 'instruction') };
}

/**
 * Asks a model to make one answer of others of their turn, in a lane of its own. The account that paid for the first of
 * them pays. While the same merge is being written, a repeated request starts nothing more.
 */
export async function admitMerge(
  options: AskingOptions,
  admitting: Admitting,
  { asking, input }: { asking: Asking; input: MergeInput },
): Promise<Admitted> {
  const { turnId, responseIds, modelId, mode, instruction } = input;
  const [responseId] = responseIds as [string];
  const place = await lookAtLane(options, admitting.trx, { asking, responseId });
  const { turn, conversation, account, ofTurn } = place;
  if (turn.id !== turnId) throw new NotFoundError('response');
  const [model] = resolveModels(options.catalogue, [modelId]) as [Model];
  const merge: StoredMerge = { mode, sourceIds: responseIds, instruction };
  const prompt = promptOf(merge, turn, ofTurn);
  if (ofTurn.some((response) => isLiveMerge(response, merge, model))) {
    return { turn, creditAccountId: account.id, jobs: [] };
  }
  requireFewMerges(ofTurn);
  const lane = newLaneOf(ofTurn);
  const planned = await naming('responseIds', () =>
    planVersion(options, admitting, place, { model: () => model, prompt, merge, lane }),
  );
  admitting.reserve(1);
  const created = newResponses(options, {
    turn,
    plan: planned,
    creditAccountId: account.id,
    apiKeyId: asking.apiKey?.id ?? null,
    system: conversation.system_prompt,
    regenerated: true,
    merge,
  });
  return store(options, admitting.trx, { place, plan: planned, ...created });
}

/**
 * The prompt that would cost what the merge costs: in the place of the turn's and in the merge's lane, paid by the same
 * account.
 *
 * @throws NotFoundError, InvalidInputError
 */
export async function inputLikeMerge(
  db: Kysely<Database>,
  userId: string,
  { turnId, responseIds, modelId, mode, instruction }: MergeInput,
): Promise<{ input: PromptInput; merge: MergeLane }> {
  const [turn] = await findTurns(db, userId, [turnId]);
  if (!turn) throw new NotFoundError('turn');
  const ofTurn = await findResponsesOfTurns(db, userId, [turnId]);
  const prompt = promptOf({ mode, sourceIds: responseIds, instruction }, turn, ofTurn);
  const files = await findFilesOfTurns(db, userId, [turnId]);
  const paidBy = ofTurn.find(({ id }) => id === responseIds[0])?.credit_account_id ?? null;
  const teamId = paidBy === null ? null : await findTeamOfAccount(db, paidBy);
  const input = {
    conversationId: turn.conversation_id,
    ...(turn.parent_id === null ? { atStart: true } : { parentTurnId: turn.parent_id }),
    prompt,
    fileIds: files.map(({ id }) => id),
    filesOptional: true,
    modelIds: [modelId],
    parameters: turn.parameters,
    payer: teamId === null ? ('member' as const) : { teamId },
  };
  return { input, merge: { lane: newLaneOf(ofTurn), continued: continuedBy(turn) } };
}

function newLaneOf(ofTurn: readonly ResponseRow[]): number {
  return Math.max(...ofTurn.map(({ lane }) => lane)) + 1;
}

function requireSources(ofTurn: readonly ResponseRow[], ids: readonly string[]): void {
  for (const id of ids) {
    const source = ofTurn.find((response) => response.id === id);
    if (!source) throw new NotFoundError('response');
    if (!isMergeable(source)) {
      throw new InvalidInputError('responseIds', 'Only answers that are complete can be merged.');
    }
  }
}

/**
 * The prompt of the merge. Its length is known before it is built: the account is locked meanwhile.
 *
 * @throws NotFoundError, InvalidInputError
 */
function promptOf(merge: StoredMerge, turn: TurnRow, ofTurn: readonly ResponseRow[]): string {
  requireNotPending(turn, ofTurn, 'responseIds');
  requireSources(ofTurn, merge.sourceIds);
  const texts = textsOfMerge(merge, turn, ofTurn);
  requireShort(mergeLengthMin(merge, texts, PROMPT_LENGTH_MAX));
  const prompt = mergePrompt(merge, texts);
  requireShort(prompt.length);
  return prompt;
}

function requireShort(length: number): void {
  if (length <= PROMPT_LENGTH_MAX) return;
  throw new InvalidInputError(
    'responseIds',
    `The prompt and these answers have ${length.toLocaleString('en')} characters; at most ${PROMPT_LENGTH_MAX.toLocaleString('en')} can be merged.`,
  );
}

function requireFewMerges(ofTurn: readonly ResponseRow[]): void {
  const lanes = new Set(ofTurn.filter(({ merge }) => merge !== null).map(({ lane }) => lane));
  if (lanes.size < MERGES_MAX) return;
  throw new InvalidInputError('turnId', `One prompt has at most ${MERGES_MAX} merges. Ask one of them again instead.`);
}

function isLiveMerge({ merge, model_id, finished_at }: ResponseRow, wanted: StoredMerge, model: Model): boolean {
  return (
    finished_at === null &&
    model_id === model.id &&
    merge !== null &&
    merge.mode === wanted.mode &&
    merge.instruction === wanted.instruction &&
    merge.sourceIds.join() === wanted.sourceIds.join()
  );
}

/** A text that is too long is that of the answers: nobody sent a prompt. */
async function naming<Result>(field: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InvalidInputError && error.field === 'prompt') {
      throw new InvalidInputError(field, error.message);
    }
    throw error;
  }
}
