import type { Kysely } from 'kysely';
import { validate as isUuid } from 'uuid';
import { findResultFile, findShownCallsWithin } from '../../../database/agents/shown-calls.ts';
import type { Database, StoredPart } from '../../../database/database.ts';
import { imageSize } from '../../ground/file-tokens/image-size.ts';
import { toolCallPartOf } from '../answer-parts.ts';
import { type ShownImage, shownResult, showsAsImage } from './shown-result.ts';

/** The arguments and the result of a call, as its member reads them. */
export interface ShownCall {
  id: string;
  /** JSON. */
  arguments: string;
  /** Null: there is none. */
  result: string | null;
  images: readonly ShownImage[];
  /** Whether they did not fit into the bytes asked for, and were left out. */
  withheld: boolean;
}

/** Loads the texts of calls of the member's answers, at most `bytesMax` in all. */
export async function loadShownCalls(
  { db }: { db: Kysely<Database> },
  userId: string,
  wanted: { ids: readonly string[]; bytesMax: number },
): Promise<ShownCall[]> {
  const rows = await findShownCallsWithin(db, userId, wanted);
  return rows.map(({ id, arguments: json, content, withheld }) => {
    const shown = shownResult(content);
    return { id, arguments: json, result: shown?.text ?? null, images: shown?.images ?? [], withheld };
  });
}

/** The calls that the parts of an answer of the member's tell of, by their ids. */
export async function loadCallsOf(
  db: Kysely<Database>,
  userId: string,
  { id, parts }: { id: string; parts: readonly StoredPart[] | null },
): Promise<ReadonlyMap<string, ShownCall>> {
  const ids = (parts ?? []).flatMap((part, index) => toolCallPartOf(id, { index, ...part })?.data.id ?? []);
  if (ids.length === 0) return new Map();
  const calls = await loadShownCalls({ db }, userId, { ids, bytesMax: Number.MAX_SAFE_INTEGER });
  return new Map(calls.map((call) => [call.id, call]));
}

/** Pixels of an image that is shown: a small file may unfold to a picture that fills a browser's memory. */
const PIXELS_MAX = 50_000_000;

/** An image of the result of a call of the member's. Null: there is none there, or none that is shown. */
export async function loadResultImage(
  { db }: { db: Kysely<Database> },
  userId: string,
  wanted: { callId: string; place: number },
): Promise<{ mediaType: string; bytes: Buffer } | null> {
  const file = isUuid(wanted.callId) ? await findResultFile(db, userId, wanted) : undefined;
  if (!file?.data || file.mediaType === null || !showsAsImage(file.mediaType)) return null;
  const size = imageSize(file.data);
  if (!size || size.width * size.height > PIXELS_MAX) return null;
  return { mediaType: file.mediaType, bytes: Buffer.from(file.data, 'base64') };
}
