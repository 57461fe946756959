import type { TurnFileRow } from '../../database/files/files.ts';
import type { ShownResponseRow } from '../../database/judging/shown-responses.ts';
import type { VerdictRow } from '../../database/judging/verdicts.ts';
import type { StoredVerdict } from '../../database/keeping/keeping-tables.ts';
import type { KeptConversationRow } from '../../database/keeping/kept-conversations.ts';
import type { TurnRow } from '../../database/turns.ts';
import type {
  ToldAnswer,
  ToldCall,
  ToldConversation,
  ToldFile,
  ToldPart,
  ToldTurn,
  ToldUsage,
  ToldVerdict,
} from '../../ports/told-conversation.ts';
import { type AnswerPart, imagePartOf, isTextKind, partsOf, toolCallPartOf } from '../answering/answer-parts.ts';
import type { ShownCall } from '../answering/calls/shown-calls.ts';
import type { FileRow } from '../files/files.ts';

/** What a conversation that began here is called wherever it goes. */
export function originOf({ id, source }: Pick<KeptConversationRow, 'id' | 'source'>): string {
  return source ?? `polylogue:${id}`;
}

export function toldConversation(row: KeptConversationRow): ToldConversation {
  return {
    id: row.id,
    origin: originOf(row),
    title: row.title,
    titledByUser: row.titled_by_user,
    pinned: row.pinned,
    archived: row.archived,
    folder: row.folder_name,
    systemPrompt: row.system_prompt,
    models: row.model_ids,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    activeAt: row.active_at.toISOString(),
  };
}

export function toldTurn(
  turn: TurnRow,
  { files, verdict }: { files: readonly TurnFileRow[]; verdict: ToldVerdict | null },
): ToldTurn {
  const { chosen_response_id: chosen, history_turn_id: historyTurn } = turn;
  return {
    id: turn.id,
    parent: turn.parent_id,
    prompt: turn.prompt,
    parameters: turn.parameters,
    createdAt: turn.created_at.toISOString(),
    blind: turn.blind,
    hidden: turn.blind && turn.revealed_at === null,
    revealedAt: turn.revealed_at?.toISOString() ?? null,
    unpaced: turn.unpaced,
    withMerge: turn.with_merge,
    chosen: chosen === null ? null : { answer: chosen, lane: turn.chosen_lane ?? 0 },
    historyFrom:
      historyTurn === null
        ? null
        : { turn: historyTurn, lane: turn.history_lane ?? 0, answer: turn.history_response_id ?? '' },
    files: files.map(toldFile),
    verdict,
  };
}

export function toldFile(file: FileRow): ToldFile {
  const { name, media_type: mediaType, kind, bytes, content_hash: hash, pages, width, height } = file;
  return { name, mediaType, kind, bytes, hash, pages, width, height };
}

/** What an answer's parts only name, by its id. */
export interface Referred {
  /** Those that are kept. */
  images: ReadonlyMap<string, FileRow>;
  calls: ReadonlyMap<string, Pick<ShownCall, 'arguments' | 'result' | 'images'>>;
}

export function toldAnswer(row: ShownResponseRow, referred: Referred): ToldAnswer {
  return {
    id: row.id,
    lane: row.lane,
    regenerated: row.regenerated,
    model: row.model_id,
    servedBy: row.served_by,
    status: row.status as ToldAnswer['status'],
    ...toldParts(row, referred),
    refusal: row.refusal,
    citations: row.citations.map(({ url, title }) => ({ url, title })),
    finishReason: row.finish_reason,
    shortenedBy: row.shortened_by,
    failure: row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? '' },
    attempts: row.attempts.map(({ modelId, startedAt, durationMs, failure }) => ({
      model: modelId,
      startedAt,
      durationMs,
      failure: failure && { code: failure.code, message: failure.message },
    })),
    usage: toldUsage(row),
    creditsHeld: row.credits_held,
    creditsCharged: row.credits_charged ?? 0,
    firstTokenMs: row.first_token_ms,
    durationMs: row.duration_ms,
    createdAt: row.created_at.toISOString(),
    finishedAt: (row.finished_at ?? row.created_at).toISOString(),
    chosenAt: row.chosen_at?.toISOString() ?? null,
    continues: row.continues_id,
    merge: row.merge && {
      mode: row.merge.mode,
      sources: row.merge.sourceIds,
      instruction: row.merge.instruction ?? null,
    },
    mergedWithPrompt: row.merge?.withPrompt === true,
    filesSent: row.files_sent,
  };
}

function toldParts(row: ShownResponseRow, { images, calls }: Referred): Pick<ToldAnswer, 'parts' | 'calls'> {
  const told = { parts: [] as ToldPart[], calls: [] as ToldCall[] };
  for (const part of partsOf(row)) {
    if (isTextKind(part.kind) && 'text' in part) told.parts.push({ kind: part.kind, text: part.text });
    else if (part.kind === 'image') {
      const fileId = imagePartOf(part, part.index)?.data.fileId;
      const file = fileId === undefined ? undefined : images.get(fileId);
      told.parts.push({ kind: 'image', file: file ? toldFile(file) : null });
    } else {
      const call = toldCall(row.id, part, calls);
      if (call) told.calls.push({ at: told.parts.length, ...call });
    }
  }
  return told;
}

function toldCall(responseId: string, part: AnswerPart, calls: Referred['calls']): Omit<ToldCall, 'at'> | null {
  const call = toolCallPartOf(responseId, part)?.data;
  if (!call) return null;
  const { id, name, toolId: tool, durationMs, credits } = call;
  const texts = calls.get(id);
  // It was broken off with its answer.
  const status = endedStatuses.find((one) => one === call.status) ?? 'FAILED';
  const files = (texts?.images ?? []).map(({ mediaType }) => `[${mediaType}]`);
  const result = texts?.result == null ? null : [texts.result, ...files].filter((line) => line !== '').join('\n');
  return { name, tool, status, arguments: texts?.arguments ?? '', result, durationMs, creditsCharged: credits ?? 0 };
}

const endedStatuses = ['DONE', 'FAILED', 'REFUSED', 'UNCERTAIN'] as const;

function toldUsage(row: ShownResponseRow): ToldUsage | null {
  if (row.input_tokens === null) return null;
  return {
    inputTokens: row.input_tokens,
    cachedInputTokens: row.cached_input_tokens ?? 0,
    cacheWriteInputTokens: row.cache_write_input_tokens ?? 0,
    outputTokens: row.output_tokens ?? 0,
    reasoningTokens: row.reasoning_tokens ?? 0,
    estimated: row.usage_estimated ?? false,
  };
}

export function toldVerdict(verdict: VerdictRow): ToldVerdict {
  return {
    kind: verdict.kind,
    topic: verdict.topic,
    note: verdict.note,
    blind: verdict.blind,
    unpaced: verdict.unpaced,
    named: verdict.named,
    createdAt: verdict.created_at.toISOString(),
    changedAt: verdict.changed_at?.toISOString() ?? null,
    contestants: verdict.contestants.map(({ responseId, lane, modelId, best }) => ({
      answer: responseId,
      lane,
      model: modelId,
      best,
    })),
  };
}

export function toldImportedVerdict({ contestants, ...verdict }: StoredVerdict): ToldVerdict {
  return {
    ...verdict,
    contestants: contestants.map(({ responseId, lane, modelId, best }) => ({
      answer: responseId,
      lane,
      model: modelId,
      best,
    })),
  };
}
