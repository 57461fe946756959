import { v7 as newId } from 'uuid';
import type { StoredPart } from '../../database/database.ts';
import type { ImportedResponse, ImportedRows, ImportedTurn } from '../../database/keeping/importing.ts';
import type { StoredVerdict } from '../../database/keeping/keeping-tables.ts';
import type { TakenAnswer, TakenTurn } from '../../ports/conversation-reader.ts';
import type { ToldCall } from '../../ports/told-conversation.ts';
import { partsAndCalls } from './branch.ts';

export interface TakenRowsOptions {
  userId: string;
  conversationId: string;
  /** The ids of the files that are there, by their keys. */
  files: ReadonlyMap<string, string>;
  /** The id of the model that a file means by a name. */
  modelIdOf(name: string): string;
}

interface TakenResponse {
  row: ImportedResponse;
  credits: ImportedRows['credits'][number];
  images: string[];
  calls: ImportedRows['calls'];
}

/** Makes rows of a conversation's turns, which must come in order: it knows which id each of them has here. */
export class TakenRows {
  readonly #options: TakenRowsOptions;
  readonly #turns = new Map<string, { id: string; depth: number; createdAt: number }>();
  readonly #answers = new Map<string, string>();
  readonly #now = Date.now();

  constructor(options: TakenRowsOptions) {
    this.#options = options;
  }

  of(turns: readonly TakenTurn[]): ImportedRows {
    const rows = turns.map((turn) => this.#turn(turn));
    return {
      turns: rows.map(({ turn }) => turn),
      responses: rows.flatMap(({ responses }) => responses.map(({ row }) => row)),
      credits: rows.flatMap(({ responses }) => responses.map(({ credits }) => credits)),
      calls: rows.flatMap(({ responses }) => responses.flatMap(({ calls }) => calls)),
      turnFiles: rows.flatMap(({ turn: { id: turn_id }, files }) =>
        files.map((file_id, position) => ({ turn_id, position, file_id })),
      ),
      responseFiles: rows.flatMap(({ responses }) =>
        responses.flatMap(({ row: { id: response_id }, images }) =>
          images.map((file_id, position) => ({ response_id, position, file_id })),
        ),
      ),
      verdicts: rows.flatMap(({ turn: { id: turn_id }, told }) => (told ? { turn_id, told } : [])),
    };
  }

  #turn(turn: TakenTurn) {
    const parent = turn.parent === null ? null : this.#turns.get(turn.parent);
    if (parent === undefined) throw new Error('A turn came before its parent.');
    const createdAt = Math.max(this.#time(turn.createdAt), parent?.createdAt ?? 0);
    const place = { id: newId(), depth: parent ? parent.depth + 1 : 0, createdAt };
    this.#turns.set(turn.id, place);
    for (const { id } of turn.answers) this.#answers.set(id, newId());
    return {
      turn: this.#turnRow(turn, { ...place, parentId: parent?.id ?? null }),
      responses: turn.answers.map((answer) => this.#response(answer, place.id)),
      files: this.#fileIds(turn.files),
      told: this.#verdict(turn),
    };
  }

  #turnRow(
    turn: TakenTurn,
    place: { id: string; depth: number; createdAt: number; parentId: string | null },
  ): ImportedTurn {
    const chosenId = turn.chosen ? (this.#answers.get(turn.chosen.answer) ?? null) : null;
    const history = turn.historyFrom;
    const historyTurn = history ? this.#turns.get(history.turn)?.id : undefined;
    const historyAnswer = history ? this.#answers.get(history.answer) : undefined;
    const goesOn = history && historyTurn !== undefined && historyAnswer !== undefined;
    // Nobody knows any more what a hidden turn hid: its stand-ins are shown like models.
    const revealedAt = turn.revealedAt === null ? (turn.hidden ? this.#now : null) : this.#time(turn.revealedAt);
    return {
      id: place.id,
      conversation_id: this.#options.conversationId,
      user_id: this.#options.userId,
      parent_id: place.parentId,
      depth: place.depth,
      prompt: turn.prompt,
      parameters: JSON.stringify(turn.parameters),
      idempotency_key: null,
      chosen_response_id: chosenId,
      chosen_lane: chosenId === null ? null : (turn.chosen?.lane ?? null),
      imported: true,
      blind: turn.blind,
      revealed_at: turn.blind && revealedAt !== null ? new Date(revealedAt) : null,
      unpaced: turn.blind && turn.unpaced,
      history_turn_id: goesOn ? historyTurn : null,
      history_response_id: goesOn ? historyAnswer : null,
      history_lane: goesOn ? history.lane : null,
      credit_account_id: null,
      with_merge: turn.withMerge,
      created_at: new Date(place.createdAt),
    };
  }

  #response(answer: TakenAnswer, turnId: string): TakenResponse {
    const id = this.#answers.get(answer.id) ?? newId();
    const { text, reasoning, parts, images, calls } = this.#parts(answer, id);
    const { usage } = answer;
    const row: ImportedResponse = {
      id,
      turn_id: turnId,
      conversation_id: this.#options.conversationId,
      user_id: this.#options.userId,
      lane: answer.lane,
      regenerated: answer.regenerated,
      model_id: this.#options.modelIdOf(answer.model),
      served_by: answer.servedBy === null ? null : this.#options.modelIdOf(answer.servedBy),
      status: answer.status,
      text,
      reasoning,
      parts: JSON.stringify(parts),
      refusal: answer.refusal,
      citations: JSON.stringify(answer.citations),
      finish_reason: answer.finishReason,
      shortened_by: answer.shortenedBy,
      failure_code: answer.failure?.code ?? null,
      failure_message: answer.failure?.message ?? null,
      attempts: JSON.stringify(answer.attempts.map(({ model: modelId, ...attempt }) => ({ modelId, ...attempt }))),
      input_tokens: usage?.inputTokens ?? null,
      cached_input_tokens: usage?.cachedInputTokens ?? null,
      cache_write_input_tokens: usage?.cacheWriteInputTokens ?? null,
      output_tokens: usage?.outputTokens ?? null,
      reasoning_tokens: usage?.reasoningTokens ?? null,
      usage_estimated: usage?.estimated ?? null,
      input_tokens_expected: 0,
      credits_held: 0,
      credits_charged: 0,
      first_token_ms: answer.firstTokenMs,
      duration_ms: answer.durationMs,
      created_at: new Date(this.#time(answer.createdAt)),
      finished_at: new Date(this.#time(answer.finishedAt)),
      chosen_at: answer.chosenAt === null ? null : new Date(this.#time(answer.chosenAt)),
      continues_id: answer.continues === null ? null : (this.#answers.get(answer.continues) ?? null),
      merge: this.#merge(answer),
      files_sent: answer.filesSent && JSON.stringify(answer.filesSent),
    };
    // As they were: no ledger has them, no account pays.
    const credits = {
      response_id: row.id,
      credits_held: Math.max(answer.creditsHeld, answer.creditsCharged),
      credits_charged: answer.creditsCharged,
    };
    return { row, credits, images, calls };
  }

  #parts(answer: TakenAnswer, responseId: string) {
    const texts = { text: '', reasoning: '' };
    const parts: StoredPart[] = [];
    const images: string[] = [];
    const calls: ImportedRows['calls'][number][] = [];
    for (const part of partsAndCalls(answer)) {
      if (part.kind === 'call') {
        const call = takenCall(part.call, { responseId, place: calls.length });
        calls.push(call.row);
        parts.push(call.part);
      } else if (part.kind === 'image') {
        const fileId = part.file === null ? undefined : this.#options.files.get(part.file);
        if (fileId !== undefined) images.push(fileId);
        parts.push({ kind: 'image', data: fileId === undefined ? {} : { fileId } });
      } else {
        parts.push({ kind: part.kind, start: texts[part.kind].length });
        texts[part.kind] += part.text;
      }
    }
    return { ...texts, parts, images, calls };
  }

  #merge({ merge, mergedWithPrompt }: TakenAnswer): string | null {
    if (!merge) return null;
    const { mode, sources, instruction } = merge;
    const sourceIds = sources.flatMap((id) => this.#answers.get(id) ?? []);
    return JSON.stringify({ mode, sourceIds, instruction, ...(mergedWithPrompt && { withPrompt: true }) });
  }

  #verdict({ verdict }: TakenTurn): StoredVerdict | null {
    if (!verdict) return null;
    const contestants = verdict.contestants.flatMap(({ answer, lane, model, best }) => {
      const responseId = this.#answers.get(answer);
      return responseId === undefined ? [] : { responseId, lane, modelId: this.#options.modelIdOf(model), best };
    });
    return { ...verdict, contestants };
  }

  #fileIds(keys: readonly string[]): string[] {
    return keys.flatMap((key) => this.#options.files.get(key) ?? []);
  }

  /** What is said to be of the future is of now. */
  #time(time: string): number {
    return Math.min(Date.parse(time), this.#now);
  }
}

/** A call as it was made elsewhere: nothing here makes it again, or charges it. */
function takenCall(
  { name, tool: toolId, status, durationMs, creditsCharged: credits, ...texts }: ToldCall,
  { responseId, place }: { responseId: string; place: number },
): { row: ImportedRows['calls'][number]; part: StoredPart } {
  const id = newId();
  const content = texts.result === null ? null : [{ type: 'text', text: texts.result }];
  const row = {
    id,
    response_id: responseId,
    step: 0,
    place,
    provider_call_id: id,
    tool_id: toolId,
    name,
    arguments: texts.arguments,
    status,
    result: content && JSON.stringify({ content, isError: status !== 'DONE' }),
  };
  return { row, part: { kind: 'toolCall', data: { id, name, toolId, status, durationMs, credits } } };
}
