import type { Kysely } from 'kysely';
import type { Database, StoredPart } from '../../database/database.ts';
import { findChunksFrom } from '../../database/response-chunks.ts';
import type { ResponseRow } from '../../database/responses.ts';
import { placesOf } from '../answering/answer-parts.ts';
import type { ResponseNotice } from '../answering/live-responses.ts';
import { toNotices } from '../answering/responses.ts';
import { estimateTokens } from '../ground/tokens.ts';

/**
 * The longest delta, in UTF-16 code units. A reader that comes late or was slow catches up in pieces, so that no
 * connection ever has more of an answer waiting than this.
 */
export const DELTA_LENGTH_MAX = 64 * 1024;

/** The source of a reader: a response that is written in this process, or its state in the database. */
export interface ReadableResponse {
  lane: number;
  /** Whether it began together with its turn; false: it was asked for later. */
  ofNewTurn: boolean;
  modelId: string;
  /** The model that writes it, which may be a fallback; null: none has begun. */
  servedBy: string | null;
  notices: readonly ResponseNotice[];
  /** The places where parts begin. */
  parts: readonly StoredPart[];
  text: ReadableText;
  reasoning: ReadableText;
  outputTokensEstimate: number;
  state: 'running' | 'final' | 'abandoned';
}

export interface ReadableText {
  /** UTF-16 code units so far. */
  readonly length: number;
  since(offset: number, lengthMax: number): string;
}

/** A final response, readable from any place. */
export function storedResponse(row: ResponseRow): ReadableResponse {
  const readable = (text: string): ReadableText => ({
    length: text.length,
    since: (offset, lengthMax) => text.slice(offset, offset + Math.max(0, lengthMax)),
  });
  return {
    lane: row.lane,
    ofNewTurn: !row.regenerated,
    modelId: row.model_id,
    servedBy: row.served_by,
    notices: toNotices(row),
    parts: placesOf(row),
    text: readable(row.text),
    reasoning: readable(row.reasoning),
    outputTokensEstimate: (row.output_tokens ?? 0) + (row.reasoning_tokens ?? 0),
    state: 'final',
  };
}

/** A response that another process writes, as far as it is journalled, readable from these offsets on. */
export async function journaledResponse(
  db: Kysely<Database>,
  row: ResponseRow,
  { textOffset, reasoningOffset }: { textOffset: number; reasoningOffset: number },
): Promise<ReadableResponse> {
  const chunks = await findChunksFrom(db, row.id, { text: textOffset, reasoning: reasoningOffset });
  const readable = (part: 'text' | 'reasoning'): ReadableText => {
    const ofPart = chunks.filter((chunk) => chunk.part === part);
    // The row has the text that the response goes on from; a reader that has not read all of it gets the chunks from
    // the first one on.
    const before = row[part];
    const isBehind = ofPart[0] === undefined || ofPart[0].start === before.length;
    const start = isBehind ? 0 : (ofPart[0]?.start ?? 0);
    const written = ofPart.map((chunk) => chunk.content).join('');
    const content = isBehind ? before + written : written;
    return {
      length: start + content.length,
      since(offset, lengthMax) {
        const place = Math.max(0, offset - start);
        return content.slice(place, place + Math.max(0, lengthMax));
      },
    };
  };
  const text = readable('text');
  const newTokens = estimateTokens(text.since(textOffset, DELTA_LENGTH_MAX));
  return {
    lane: row.lane,
    ofNewTurn: !row.regenerated,
    modelId: row.model_id,
    servedBy: row.served_by,
    notices: toNotices(row),
    // The parts must be of the same moment as the chunks: those of the row may be older.
    parts: chunks[0] ? (chunks[0].parts ?? []) : placesOf(row),
    text,
    reasoning: readable('reasoning'),
    outputTokensEstimate: Math.ceil(textOffset / 4) + newTokens,
    state: 'running',
  };
}
