import type { StoredPart } from '../../database/database.ts';
import { LiveToolCall, type ToldCall, toldCallOf } from './live-tool-call.ts';

/** The kinds of parts that are written piece by piece. */
export type TextKind = 'text' | 'reasoning';

/** One part of an answer, as a reader gets it. */
export type AnswerPart =
  /** `offset` is where the part begins in the text of its kind, in UTF-16 code units. */
  | { index: number; kind: TextKind; offset: number; text: string }
  /** `kind` is any other word: this version still shows that a part is there which a newer version stored. */
  | { index: number; kind: string; data: unknown };

/** An image that the model made, and that is kept. */
export interface ImagePart {
  index: number;
  kind: 'image';
  data: { fileId: string };
}

/** A call of a tool of this house. */
export interface ToolCallPart {
  index: number;
  kind: 'toolCall';
  responseId: string;
  data: ToldCall;
}

/** Null: the part is no call of a tool of this house. */
export function toolCallPartOf(
  responseId: string,
  { index, kind, data }: { index: number; kind: string; data?: unknown },
): ToolCallPart | null {
  const told = kind === 'toolCall' ? toldCallOf(data instanceof LiveToolCall ? data.progress : data) : null;
  return told && { index, kind: 'toolCall', responseId, data: told };
}

/** Null: the part is no image, or the image is not kept (yet). */
export function imagePartOf({ kind, data }: Pick<StoredPart, 'kind' | 'data'>, index: number): ImagePart | null {
  const fileId = (data as { fileId?: unknown } | null | undefined)?.fileId;
  return kind === 'image' && typeof fileId === 'string' ? { index, kind, data: { fileId } } : null;
}

/**
 * The parts of an answer as its member is shown it while its model is hidden: the text as one part, then the images in their
 * order. Where they stand in the text is told at the reveal, since there may be reasoning between. The database's `masks`
 * in judging/shown-responses.ts makes the same.
 */
export function hiddenPartsOf(parts: readonly StoredPart[]): StoredPart[] {
  return [{ kind: 'text', start: 0 }, ...parts.filter(({ kind }) => kind === 'image')];
}

/**
 * The parts with the files of those images that were kept before their parts told so: a process may die in between.
 *
 * @param made `place` counts the images among the parts, from 0
 */
export function withMadeFiles(
  parts: readonly StoredPart[],
  made: readonly { place: number; file_id: string }[],
): readonly StoredPart[] {
  const files = new Map(made.map(({ place, file_id }) => [place, file_id]));
  let place = 0;
  return parts.map((part, index) => {
    if (part.kind !== 'image') return part;
    const fileId = files.get(place++);
    return fileId === undefined || imagePartOf(part, index) ? part : { kind: 'image', data: { fileId } };
  });
}

/** The texts of an answer, and the places of its parts in them. */
export interface StoredTexts {
  text: string;
  reasoning: string;
  /** Null: the answer was stored before it had parts. */
  parts: readonly StoredPart[] | null;
}

export function isTextKind(kind: string): kind is TextKind {
  return kind === 'text' || kind === 'reasoning';
}

/** The places of the parts of a stored answer. An answer stored before answers had parts had its reasoning first. */
export function placesOf({ text, reasoning, parts }: StoredTexts): readonly StoredPart[] {
  const places = parts ?? [];
  const missing = (kind: TextKind, log: string) =>
    log !== '' && !places.some((place) => place.kind === kind) ? [{ kind, start: 0 }] : [];
  return [...places, ...missing('reasoning', reasoning), ...missing('text', text)];
}

/** The parts of a stored answer in their order, without those whose text is not there (yet). */
export function partsOf(stored: StoredTexts): AnswerPart[] {
  const places = placesOf(stored);
  return places.flatMap((place, index): AnswerPart | [] => {
    const { kind } = place;
    if (!isTextKind(kind)) return { index, kind, data: place.data };
    const offset = startOf(places, index);
    const text = stored[kind].slice(offset, endOf(places, index));
    return text === '' ? [] : { index, kind, offset, text };
  });
}

/** Where a text part starts, in UTF-16 code units; the first part of its kind starts where the text does. */
export function startOf(places: readonly StoredPart[], index: number): number {
  const { kind, start = 0 } = places[index] as StoredPart;
  for (let earlier = 0; earlier < index; earlier++) {
    if (places[earlier]?.kind === kind) return start;
  }
  return 0;
}

/** Where a text part ends, in UTF-16 code units: where the next of its kind starts, or nowhere if it is the last. */
export function endOf(places: readonly StoredPart[], index: number): number {
  const kind = places[index]?.kind;
  for (let next = index + 1; next < places.length; next++) {
    if (places[next]?.kind === kind) return places[next]?.start ?? 0;
  }
  return Number.POSITIVE_INFINITY;
}
