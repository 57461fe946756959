import type { AnswerPiece } from '../../domain/following/answer-reader.ts';
import type { AnswerEnd, AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import type { MadeImage } from '../../ports/language-model.ts';

/** One part of a whole answer. */
export type WholePart =
  | { type: 'text' | 'reasoning'; text: string }
  | { type: 'image'; image: MadeImage | null }
  | { type: 'signature'; text: string; redacted: boolean }
  | { type: 'toolCall'; id: string; name: string; arguments: string; signature: string | null };

export interface CollectedAnswer {
  /** Null: this process could not finish it. */
  end: AnswerEnd | null;
  /** In their order. */
  parts: WholePart[];
}

/** Waits for the end of an answer, and returns all of it. */
export async function collectAnswer({ reader, ended }: AnswerUnderWay): Promise<CollectedAnswer> {
  try {
    const end = await ended;
    const parts = new Map<number, WholePart>();
    do for (const piece of reader.read()) add(parts, piece);
    while (reader.behind);
    return { end, parts: [...parts.values()] };
  } finally {
    reader.close();
  }
}

function add(parts: Map<number, WholePart>, piece: AnswerPiece): void {
  const { part } = piece;
  const known = parts.get(part);
  if (piece.type === 'image') parts.set(part, { type: 'image', image: piece.image });
  else if (piece.type === 'signature') parts.set(part, { type: 'signature', ...piece.signature });
  else if (piece.type === 'toolCall') {
    const { id, name, signature } = piece.call;
    parts.set(part, { type: 'toolCall', id, name, arguments: '', signature });
  } else if (piece.type === 'toolArguments') {
    if (known?.type === 'toolCall') known.arguments += piece.text;
  } else if (known?.type === piece.type) known.text += piece.text;
  else parts.set(part, { type: piece.type, text: piece.text });
}
