import type { Kysely } from 'kysely';
import type { Database, ResponseStatus, StoredCitation } from '../../database/database.ts';
import type { FileRow } from '../../database/files/files.ts';
import { countReaderVerdicts, hasMemberJudged, hasReaderJudged } from '../../database/sharing/reader-verdicts.ts';
import {
  findBranchTurns,
  findSharedAnswers,
  findSharedFiles,
  type SharedAnswerRow,
  type SharedFileRow,
} from '../../database/sharing/shared-branch.ts';
import { findReadableShare, type ReadableShareRow } from '../../database/sharing/shares.ts';
import { imagePartOf, isTextKind, partsOf } from '../answering/answer-parts.ts';
import { letterOf } from '../judging/contestants.ts';
import { isGuest } from '../people/guests.ts';
import type { ShareReader, ShareReaders } from './readers.ts';
import type { ShareRule } from './share-rule.ts';

/** What shares are read with. */
export interface Sharing {
  db: Kysely<Database>;
  rule: ShareRule;
  readers: ShareReaders;
}

/** A branch as somebody is shown it. Nothing in it names its member unless they wish so, and nothing else of theirs. */
export interface SharedConversation {
  share: ReadableShareRow;
  /** Whether the reader is asked for a verdict before they are told the models. */
  hidden: boolean;
  isOwn: boolean;
  /** A token for a reader who has none, by which the order of the answers is kept. */
  newToken: string | null;
  turns: SharedTurn[];
}

export interface SharedTurn {
  prompt: string;
  files: SharedFile[];
  answers: SharedAnswer[];
}

export interface SharedAnswer {
  responseId: string;
  turnId: string;
  lane: number;
  /** Null: the answers stand in the order of their lanes. */
  letter: string | null;
  /** Null: hidden. */
  modelId: string | null;
  /** The model that answered in its place; null: none did, or it is hidden. */
  stoodInId: string | null;
  status: ResponseStatus;
  parts: SharedPart[];
  refusal: string | null;
  citations: StoredCitation[];
  /** Whether it was made of other answers; false while that is hidden. */
  merged: boolean;
  figures: SharedFigures | null;
  /** Whether it is one of those that the reader compares. */
  compared: boolean;
}

export interface SharedPart {
  text: string | null;
  image: SharedFile | null;
}

export interface SharedFigures {
  credits: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  firstTokenMs: number | null;
  durationMs: number | null;
}

/** A file, and its number among those of the share, by which it is asked for. */
export interface SharedFile {
  number: number;
  file: FileRow;
}

/** Verdicts of one share that are kept of people without an account; from then on nobody is asked. */
export const READER_VERDICTS_MAX = 10_000;

const keyPattern = /^[\w-]{24}$/;

/** The share of this key, if this reader may read it; null: there is none, for whatever reason. */
async function findShareFor(
  { db, rule }: Sharing,
  key: string,
  { member }: ShareReader,
): Promise<ReadableShareRow | null> {
  if (!keyPattern.test(key)) return null;
  const share = await findReadableShare(db, key);
  if (!share || rule.kind === 'NOBODY') return null;
  const isOpen = share.audience === 'LINK' && rule.allows('LINK');
  return isOpen || (member && !isGuest(member)) ? share : null;
}

/** @returns null if there is no such share for this reader: unknown, expired, ended, forbidden, or for others */
export async function readShared(
  sharing: Sharing,
  key: string,
  reader: ShareReader,
): Promise<SharedConversation | null> {
  const share = await findShareFor(sharing, key, reader);
  if (!share) return null;
  const { db, readers } = sharing;
  const turns = await findBranchTurns(db, share.turn_id);
  const ids = turns.map(({ id }) => id);
  const answers = await findSharedAnswers(db, share.id);
  const files = numbered(await findSharedFiles(db, { shareId: share.id, turnIds: ids }));
  // The share may have gone in between, with its turns.
  if (turns.length === 0) return null;
  const isOwn = reader.member?.id === share.user_id;
  const hidden = await isHiddenFrom(sharing, share, reader);
  const isShuffled = share.asks_verdict && !isOwn;
  const newToken = hidden && !reader.member && reader.token === null ? readers.newToken() : null;
  const order = isShuffled ? orderOf(readers, share, { ...reader, token: reader.token ?? newToken }, answers) : null;
  const shown = order ? inOrder(order, answers) : answers;
  const isShown = ({ turn_id, compared }: SharedAnswerRow) => !hidden || turn_id !== share.turn_id || compared;
  return {
    share,
    hidden,
    isOwn,
    newToken,
    turns: turns.map(({ id, prompt }) => ({
      prompt,
      files: files.filter(({ file }) => file.turn_id === id),
      answers: shown
        .filter((row) => row.turn_id === id && isShown(row))
        .map((row) => toAnswer(row, { share, hidden, files, letter: order && letterOf(order.indexOf(row.lane)) })),
    })),
  };
}

/** A file of the share by its number, as the reader may be shown it. Null: there is none. */
export async function findSharedFile(
  sharing: Sharing,
  key: string,
  { number, reader }: { number: number; reader: ShareReader },
): Promise<FileRow | null> {
  const share = await findShareFor(sharing, key, reader);
  if (!share) return null;
  const turns = await findBranchTurns(sharing.db, share.turn_id);
  const turnIds = turns.map(({ id }) => id);
  const found = numbered(await findSharedFiles(sharing.db, { shareId: share.id, turnIds }))[number];
  if (!found) return null;
  // That a model made a picture, and its form, would tell of the model.
  const isMade = found.file.response_id !== null;
  return isMade && (await isHiddenFrom(sharing, share, reader)) ? null : found.file;
}

function numbered(files: readonly SharedFileRow[]): (SharedFile & { file: SharedFileRow })[] {
  return files.map((file, number) => ({ number, file }));
}

/** Whether the reader is not told the models, since they have not judged the answers. */
async function isHiddenFrom(
  { db, readers }: Sharing,
  share: ReadableShareRow,
  { member, token }: ShareReader,
): Promise<boolean> {
  if (!share.asks_verdict || member?.id === share.user_id) return false;
  if (member) return !(await hasMemberJudged(db, share.turn_id, member.id));
  if (token && (await hasReaderJudged(db, share.id, readers.hashOf(share.id, 'token', token)))) return false;
  return (await countReaderVerdicts(db, share.id)) < READER_VERDICTS_MAX;
}

/** All lanes as the reader is shown them, those that they compare first. */
function orderOf(
  readers: ShareReaders,
  share: ReadableShareRow,
  reader: Pick<ShareReader, 'member' | 'token'>,
  answers: readonly SharedAnswerRow[],
): number[] {
  const lanesOf = (rows: readonly SharedAnswerRow[]) => [...new Set(rows.map(({ lane }) => lane))];
  const compared = lanesOf(answers.filter((answer) => answer.compared));
  const others = lanesOf(answers).filter((lane) => !compared.includes(lane));
  return [...readers.orderOf(share.id, reader, compared), ...readers.orderOf(share.id, reader, others)];
}

function inOrder(order: readonly number[], answers: readonly SharedAnswerRow[]): SharedAnswerRow[] {
  return [...answers].sort((a, b) => order.indexOf(a.lane) - order.indexOf(b.lane));
}

interface Showing {
  share: ReadableShareRow;
  hidden: boolean;
  files: readonly (SharedFile & { file: SharedFileRow })[];
  letter: string | null;
}

function toAnswer(row: SharedAnswerRow, { share, hidden, files, letter }: Showing): SharedAnswer {
  const { model_id, served_by } = row;
  return {
    responseId: row.id,
    turnId: row.turn_id,
    lane: row.lane,
    letter,
    modelId: hidden ? null : model_id,
    stoodInId: hidden || served_by === model_id ? null : served_by,
    status: row.status,
    parts: hidden ? [{ text: row.text, image: null }] : toParts(row, files),
    refusal: hidden ? null : row.refusal,
    citations: hidden ? [] : row.citations,
    merged: !hidden && row.merge !== null,
    figures: share.with_figures && !hidden ? toFigures(row) : null,
    compared: row.compared,
  };
}

/** The texts and pictures of an answer in their order, without what its model thought. */
function toParts(row: SharedAnswerRow, files: Showing['files']): SharedPart[] {
  return partsOf({ ...row, reasoning: '' }).flatMap((part): SharedPart[] => {
    if ('text' in part) return [{ text: part.text, image: null }];
    if (isTextKind(part.kind)) return [];
    const fileId = imagePartOf(part, part.index)?.data.fileId;
    const image = files.find(({ file }) => file.response_id === row.id && file.id === fileId);
    return image ? [{ text: null, image }] : [];
  });
}

function toFigures(row: SharedAnswerRow): SharedFigures {
  return {
    credits: row.credits_charged,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    firstTokenMs: row.first_token_ms,
    durationMs: row.duration_ms,
  };
}
