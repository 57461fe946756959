import { GO_ON, type ModelMessage } from '../../ports/language-model.ts';
import type { SentFiles, StoredFilePart, StoredMessage } from '../ground/stored-files.ts';
import { OTHER_TOKENIZERS, TextSizes } from '../ground/tokens.ts';
import type { InputTokens } from '../money/hold-growth.ts';
import type { PlacedImage } from './files/answer-images.ts';
import { NativeRoom, type PlacedFile } from './files/placed-files.ts';

export interface ContextRequest {
  system: string | null;
  /** Oldest first. */
  turns: readonly PastTurn[];
  prompt: string;
  /** Of the new prompt; never left out. Absent: none. */
  files?: readonly PlacedFile[];
  /** The beginning of the model's answer to the prompt, which it is to go on with; never left out. */
  answerSoFar?: string | undefined;
  /** The images of that answer, of which a line keeps the place if they have no room. Absent: none. */
  imagesSoFar?: readonly PlacedImage[];
  /** Tokens, input and output together. */
  contextWindow: number;
  /** Tokens of the answer, as far as the model and the tier allow. */
  maxOutputTokens: number;
  /** Tokens that the prompt will have beside its text, which nobody has written yet. Absent: none. */
  unread?: InputTokens | undefined;
}

export interface PastTurn {
  /** Not blank. */
  prompt: string;
  /** Absent: none. */
  files?: readonly PlacedFile[];
  /** Null: no model answered. */
  answer: string | null;
  /** The images that the answer made, in their places in its text. Absent: none. */
  images?: readonly PlacedImage[];
}

export type FittedContext =
  | {
      tooLong: false;
      /** As `ModelRequest.messages` requires: roles alternate, first and last are `user`. */
      messages: StoredMessage[];
      /** The output that may be asked of the model: `maxOutputTokens`, or half the window if that is less. */
      maxOutputTokens: number;
      /** Likely input tokens, a little high: for a quote. */
      inputTokens: number;
      /** Upper bound of the input tokens billed: for the hold. */
      inputTokensMax: number;
      /** How many of the oldest turns were left out. */
      dropped: number;
      files: SentFiles;
    }
  | {
      tooLong: true;
      /** Likely tokens of the system prompt and the new prompt alone. */
      inputTokens: number;
      /** How many of them the model has room for. */
      inputTokensAllowed: number;
    };

const MESSAGE_TOKENS = 8;
const NOTHING_UNREAD: InputTokens = { likely: 0, most: 0 };

/**
 * Fits a prompt into a model's context window: the system prompt, the newest turns that fit before the new prompt, and
 * the new prompt. Images and PDFs of earlier turns that are sent as such, those that models made among them, are left out
 * first, the oldest first, and a line keeps their place; only those of the last turn stay as long as it does, if they fit. Then the oldest turns are left out,
 * whole. The system prompt, the new prompt, its files and an answer to it that the model is to go on with are never left
 * out.
 *
 * A turn that nobody answered keeps its prompt, joined with the next one by a blank line (roles must alternate): later
 * prompts often lean on it ("and in French?").
 *
 * @param sizes remembers what was measured, for the next model that gets the same texts
 */
export function fitContext(request: ContextRequest, sizes = new TextSizes()): FittedContext {
  const { system, turns, prompt, files = [], answerSoFar, imagesSoFar = [], contextWindow } = request;
  const { unread = NOTHING_UNREAD } = request;
  const asked: PastTurn[] =
    answerSoFar === undefined
      ? [{ prompt, files, answer: null }]
      : [
          { prompt, files, answer: answerSoFar, images: imagesSoFar },
          { prompt: GO_ON, answer: null },
        ];
  const maxOutputTokens = Math.min(request.maxOutputTokens, Math.floor(contextWindow / 2));
  const inputTokensAllowed = contextWindow - maxOutputTokens;

  const asking = messageTokens(system, sizes) + Math.ceil(unread.likely * OTHER_TOKENIZERS);
  const used = asked.reduce((sum, turn) => sum + tokensOf(turn, sizes), asking);
  const needed = used + files.reduce((sum, file) => sum + tokensAsNative(file, sizes), 0);
  if (needed > inputTokensAllowed) return { tooLong: true, inputTokens: needed, inputTokensAllowed };

  const room = new NativeRoom();
  const natives = files.filter(isNative);
  for (const { part } of natives) room.take(part);
  const sent = new Set<PlacedFile>(natives);
  const packed = pack(turns, { soFar: imagesSoFar, tokens: inputTokensAllowed - needed, room, sent }, sizes);

  const joined = alternating([...turns.slice(packed.dropped), ...asked], sent);
  const parts = joined.flatMap(({ pieces }) => pieces.filter((piece) => typeof piece !== 'string'));
  return {
    tooLong: false,
    messages: joined.map(({ role, pieces }) => ({ role, parts: toParts(pieces) })),
    maxOutputTokens,
    inputTokens: inputTokensAllowed - packed.tokensLeft,
    inputTokensMax: parts.reduce(
      (sum, { tokens }) => sum + tokens.most,
      unread.most +
        sizes.inputTokensMax(
          system,
          joined.map(({ pieces }) => pieces.filter((piece) => typeof piece === 'string')),
        ),
    ),
    dropped: packed.dropped,
    files: {
      forms: files.map(({ part }) => part?.form ?? null),
      leftOut: leftOutOf([...turns, { prompt, answer: null, images: imagesSoFar }], packed.dropped, sent),
    },
  };
}

/** Room for earlier turns. */
interface Space {
  /** The images of the answer that is to go on, which come first. */
  soFar: readonly PlacedImage[];
  tokens: number;
  room: NativeRoom;
  /** The images and PDFs that are sent as such; those of earlier turns are added. */
  sent: Set<PlacedFile>;
}

/** @returns how many of the oldest turns have no room, and the tokens that are left */
function pack(turns: readonly PastTurn[], { soFar, tokens, room, sent }: Space, sizes: TextSizes) {
  let tokensLeft = tokens;
  /** Takes images and PDFs of the turn, the last one first. @returns false if one has no room */
  const takeNatives = ({ files = [], images = [] }: Pick<PastTurn, 'files' | 'images'>, reserve = 0) => {
    for (const file of [...files, ...images].filter(isNative).reverse()) {
      if (sent.has(file)) continue;
      const more = tokensAsNative(file, sizes);
      if (tokensLeft - reserve < more || !room.take(file.part)) return false;
      tokensLeft -= more;
      sent.add(file);
    }
    return true;
  };
  takeNatives({ images: soFar });
  let dropped = turns.length;
  for (const turn of turns.toReversed()) {
    const needed = tokensOf(turn, sizes);
    if (needed > tokensLeft) break;
    if (dropped === turns.length) takeNatives(turn, needed);
    tokensLeft -= needed;
    dropped -= 1;
  }
  for (const turn of turns.slice(dropped).reverse()) if (!takeNatives(turn)) break;
  return { dropped, tokensLeft };
}

type NativeFile = PlacedFile & { part: StoredFilePart };

function isNative(file: PlacedFile): file is NativeFile {
  return file.part?.form === 'NATIVE';
}

function messageTokens(text: string | null, sizes: TextSizes): number {
  return text === null ? 0 : Math.ceil(sizes.tokens(text) * OTHER_TOKENIZERS) + MESSAGE_TOKENS;
}

/** Tokens of the turn without its images and PDFs that are sent as such. */
function tokensOf(turn: PastTurn, sizes: TextSizes): number {
  const { prompt, files = [], answer, images = [] } = turn;
  const ofAnswer =
    images.length === 0
      ? messageTokens(answer, sizes)
      : answerPieces(turn, NONE_SENT).reduce((sum, piece) => sum + messageTokens(piece as string, sizes), 0);
  const ofFiles = files.reduce(
    (sum, file) => sum + (file.part?.form === 'TEXT' ? file.part.tokens.reserved : messageTokens(file.absence, sizes)),
    0,
  );
  return messageTokens(prompt, sizes) + ofAnswer + ofFiles;
}

/** Tokens that a file takes beyond the line in its place, if it is sent as such; 0 if it is not. */
function tokensAsNative(file: PlacedFile, sizes: TextSizes): number {
  return isNative(file) ? Math.max(0, file.part.tokens.reserved - messageTokens(file.absence, sizes)) : 0;
}

function leftOutOf(turns: readonly PastTurn[], dropped: number, sent: ReadonlySet<PlacedFile>): number {
  return turns
    .flatMap(({ files = [], images = [] }, place) =>
      [...files, ...images].map((file) => ({ file, isDropped: place < dropped })),
    )
    .filter(({ file, isDropped }) => isDropped || !(file.part?.form === 'TEXT' || sent.has(file))).length;
}

/** A message before its texts are joined: each text is measured, and remembered, by itself. */
interface JoinedMessage {
  role: ModelMessage['role'];
  pieces: Piece[];
}

type Piece = string | StoredFilePart;

/**
 * Joins turns to messages of alternating roles. A blank answer counts as none: providers refuse a message without
 * content.
 */
function alternating(turns: readonly PastTurn[], sent: ReadonlySet<PlacedFile>): JoinedMessage[] {
  const messages: JoinedMessage[] = [];
  for (const turn of turns) {
    const { prompt, files = [] } = turn;
    const asked = [...files.flatMap((file) => piecesOf(file, sent)), prompt];
    const last = messages.at(-1);
    if (last?.role === 'user') last.pieces.push(BLANK_LINE, ...asked);
    else messages.push({ role: 'user', pieces: asked });
    const answered = answerPieces(turn, sent);
    if (answered.length > 0) messages.push({ role: 'assistant', pieces: answered });
  }
  return messages;
}

const BLANK_LINE = '\n\n';
const NONE_SENT: ReadonlySet<PlacedFile> = new Set();

/** An answer with its images; the line in the place of one is a paragraph of its own. None: there is nothing in it. */
function answerPieces({ answer, images = [] }: PastTurn, sent: ReadonlySet<PlacedFile>): Piece[] {
  const text = answer ?? '';
  if (images.length === 0) return text.trim() === '' ? [] : [text];
  const pieces: Piece[] = [];
  let isAfterLine = false;
  const ends = [...images.map(({ at }) => at), text.length];
  for (const [index, end] of ends.entries()) {
    const between = text.slice(ends[index - 1] ?? 0, end);
    if (between.trim() !== '') pieces.push(isAfterLine ? BLANK_LINE + between : between);
    const image = images[index];
    isAfterLine = image !== undefined && !(isNative(image) && sent.has(image));
    if (image) pieces.push(isAfterLine ? (pieces.length > 0 ? BLANK_LINE : '') + image.absence : (image.part as Piece));
  }
  return pieces;
}

/** A file before its prompt; a text, or the line in its place, is a paragraph of its own. */
function piecesOf(file: PlacedFile, sent: ReadonlySet<PlacedFile>): Piece[] {
  if (file.part?.form === 'TEXT') return [file.part, BLANK_LINE];
  return isNative(file) && sent.has(file) ? [file.part] : [file.absence, BLANK_LINE];
}

function toParts(pieces: readonly Piece[]): StoredMessage['parts'] {
  const parts: (StoredFilePart | { type: 'text'; text: string })[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (typeof piece !== 'string') parts.push(piece);
    else if (last?.type === 'text') parts[parts.length - 1] = { type: 'text', text: last.text + piece };
    else parts.push({ type: 'text', text: piece });
  }
  return parts;
}
