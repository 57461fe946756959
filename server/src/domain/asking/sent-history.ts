import type { TurnRow } from '../../database/turns.ts';
import type { Answer } from '../../database/versions.ts';
import { FILES_PER_PROMPT_MAX } from '../files/files.ts';
import { InvalidInputError } from '../ground/errors.ts';
import type { SentFile } from './files/placed-files.ts';
import { filesOfPrompts } from './files/turn-files.ts';
import { historyOf, isLater, type Place, type Surroundings } from './place.ts';

/** A prompt with the answer that a client says it was given. */
export interface Exchange {
  /** Not blank. */
  prompt: string;
  /** Not blank. */
  answer: string;
  /** Of the prompt, in their order. Absent: none. */
  files?: readonly SentFile[];
}

/** Where a prompt goes that comes with the history that its client knows. */
export interface JoinedPlace extends Place {
  /** What the client knows and the conversation has not: to be stored after `parent`, before the prompt. */
  unstored: readonly Exchange[];
}

/** The most of a client's history that one prompt stores, since nobody pays for it. */
const UNSTORED_MAX = 500;
/** UTF-16 code units. */
const UNSTORED_LENGTH_MAX = 1_000_000;

/**
 * Joins a client's history with the conversation's.
 *
 * - It begins like a branch of the conversation: the prompt goes on where the two part, after the rest of the client's
 *   history. So a client that edits an earlier prompt, or asks it again, makes a branch.
 * - Else it follows the place's own branch, which stands before it. If it begins with the end of that branch (clients
 *   often send only their newest messages), this part is not repeated. Nor are the prompts at its end that nobody
 *   answered, if the prompt begins with them: it goes beside them.
 *
 * Files are compared by their contents.
 *
 * @throws InvalidInputError (`messages`, `fileIds`) if it has too much that is not stored
 */
export function joinHistory(
  { before, prompt, files = [] }: { before: readonly Exchange[]; prompt: string; files?: readonly SentFile[] },
  place: Place,
  surroundings: Surroundings,
): JoinedPlace {
  const { turns = [] } = surroundings;
  const known = new KnownTurns(surroundings);
  const sent = before.map(({ prompt, answer, files = [] }) => ({
    prompt,
    answer: answer.trim(),
    hashes: hashesOf(files),
  }));
  const { turn, length } = known.follow(sent);
  const repeated = turn ? length : overlap(known.exchangesOf(place.history.turns), sent);
  const unstored = before.slice(repeated);
  requireStorable(unstored);
  if (turn) return { ...place, parent: turn, history: historyOf(surroundings, turn.id), unstored };
  const again =
    unstored.length === 0 ? known.repeatedAtEnd(place.history.turns, { prompt, hashes: hashesOf(files) }) : null;
  if (!again) return { ...place, unstored };
  const parentId = turns.find(({ id }) => id === again.id)?.parent_id ?? null;
  const parent = turns.find(({ id }) => id === parentId) ?? null;
  return { ...place, parent, history: historyOf(surroundings, parentId), unstored };
}

/** An exchange as it is compared with others. */
interface ComparedExchange {
  prompt: string;
  answer: string;
  /** Of its files, each once. */
  hashes: readonly string[];
}

function hashesOf(files: readonly Pick<SentFile, 'content_hash'>[]): string[] {
  return [...new Set(files.map(({ content_hash }) => content_hash))];
}

function requireStorable(unstored: readonly Exchange[]): void {
  for (const { files = [] } of unstored) {
    if (files.length > FILES_PER_PROMPT_MAX) {
      throw new InvalidInputError(
        'fileIds',
        `A prompt has at most ${FILES_PER_PROMPT_MAX} files; an earlier one of these has ${files.length}.`,
      );
    }
  }
  const length = unstored.reduce((sum, { prompt, answer }) => sum + prompt.length + answer.length, 0);
  if (unstored.length <= UNSTORED_MAX && length <= UNSTORED_LENGTH_MAX) return;
  throw new InvalidInputError(
    'messages',
    `The conversation does not have ${unstored.length.toLocaleString('en')} of the sent exchanges (${length.toLocaleString('en')} characters); a prompt may bring at most ${UNSTORED_MAX.toLocaleString('en')} (${UNSTORED_LENGTH_MAX.toLocaleString('en')} characters).`,
  );
}

/** A conversation's turns, as clients know them. */
class KnownTurns {
  readonly #children = new Map<string | null, TurnRow[]>();
  readonly #answers = new Map<string, Answer[]>();
  readonly #files: ReadonlyMap<string, readonly SentFile[]>;

  constructor({ turns = [], answers = [], files = [] }: Pick<Surroundings, 'turns' | 'answers' | 'files'>) {
    this.#files = filesOfPrompts(files);
    for (const turn of turns) push(this.#children, turn.parent_id, turn);
    for (const answer of answers) {
      const text = answer.text.trim();
      if (text !== '') push(this.#answers, answer.turn_id, { ...answer, text });
    }
  }

  /**
   * The turn that the beginning of the history leads to, and how much of the history that is: the longest way through
   * the conversation, and of equally long ones the latest.
   */
  follow(sent: readonly ComparedExchange[]): { turn: TurnRow | null; length: number } {
    let best: { turn: TurnRow | null; length: number } = { turn: null, length: 0 };
    // The last place is visited first. A client joins prompts that nobody answered with the next one, so that a place
    // may lie within a prompt.
    const places = [{ turnId: null as string | null, index: 0, offset: 0, filesOffset: 0 }];
    for (let place = places.pop(); place; place = places.pop()) {
      const { turnId, index, offset, filesOffset } = place;
      const exchange = sent[index];
      if (!exchange) continue;
      for (const turn of this.#children.get(turnId) ?? []) {
        if (!exchange.prompt.startsWith(turn.prompt, offset)) continue;
        const filesEnd = endOfFiles(exchange.hashes, filesOffset, this.#hashesOf(turn));
        if (filesEnd === null) continue;
        const end = offset + turn.prompt.length;
        const answers = this.#answers.get(turn.id);
        const isWhole = end === exchange.prompt.length && filesEnd === exchange.hashes.length;
        if (!answers) {
          if (exchange.prompt.startsWith(BETWEEN_PROMPTS, end))
            places.push({ turnId: turn.id, index, offset: end + BETWEEN_PROMPTS.length, filesOffset: filesEnd });
        } else if (isWhole && answers.some((answer) => isSame(answer, exchange))) {
          places.push({ turnId: turn.id, index: index + 1, offset: 0, filesOffset: 0 });
          if (index + 1 > best.length || (index + 1 === best.length && (!best.turn || isLater(turn, best.turn))))
            best = { turn, length: index + 1 };
        }
      }
    }
    return best;
  }

  /** The first of those turns at the branch's end, without an answer, that the prompt begins with; null: it does not. */
  repeatedAtEnd<Turn extends { id: string; prompt: string }>(
    branch: readonly Turn[],
    { prompt, hashes }: Omit<ComparedExchange, 'answer'>,
  ): Turn | null {
    const answered = branch.findLastIndex(({ id }) => this.#answers.has(id));
    for (let first = answered + 1; first < branch.length; first++) {
      const repeated = branch.slice(first);
      const files = repeated.flatMap((turn) => this.#hashesOf(turn));
      if (endOfFiles(hashes, 0, files) === null) continue;
      const end = endWithin(prompt, repeated);
      if (end === prompt.length || (end !== null && prompt.startsWith(BETWEEN_PROMPTS, end)))
        return branch[first] ?? null;
    }
    return null;
  }

  /** A branch as exchanges, one for each answer of each turn that has some. */
  exchangesOf(branch: readonly { id: string; prompt: string }[]): ComparedExchange[][] {
    const exchanges: ComparedExchange[][] = [];
    let before = '';
    let hashes: string[] = [];
    for (const { id, prompt } of branch) {
      const joined = before + prompt;
      const ofAll = [...new Set([...hashes, ...this.#hashesOf({ id })])];
      const answers = this.#answers.get(id);
      if (answers) exchanges.push(answers.map(({ text }) => ({ prompt: joined, answer: text, hashes: ofAll })));
      before = answers ? '' : joined + BETWEEN_PROMPTS;
      hashes = answers ? [] : ofAll;
    }
    return exchanges;
  }

  #hashesOf({ id }: { id: string }): string[] {
    return hashesOf(this.#files.get(id) ?? []);
  }
}

/** Stands between prompts that nobody answered where they are sent as one. */
export const BETWEEN_PROMPTS = '\n\n';

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Where the text goes on after these prompts, with which it begins; null: it does not. */
function endWithin(text: string, prompts: readonly { prompt: string }[]): number | null {
  let end = 0;
  for (const [index, { prompt }] of prompts.entries()) {
    const begin = index === 0 ? 0 : end + BETWEEN_PROMPTS.length;
    if (index > 0 && !text.startsWith(BETWEEN_PROMPTS, end)) return null;
    if (!text.startsWith(prompt, begin)) return null;
    end = begin + prompt.length;
  }
  return end;
}

/**
 * How many of the sent files those of a turn are, together with the `start` before them; null: they are others. One that was
 * there before is not sent twice.
 */
function endOfFiles(sent: readonly string[], start: number, ofTurn: readonly string[]): number | null {
  let end = start;
  for (const hash of ofTurn) {
    if (sent[end] === hash) end += 1;
    else if (!sent.slice(0, end).includes(hash)) return null;
  }
  return end;
}

/** Clients trim answers, as both of these are, and keep of one that they stopped what they had of it. */
function isSame({ text, status }: Answer, { answer }: ComparedExchange): boolean {
  return status === 'COMPLETED' ? text === answer : text.startsWith(answer);
}

/**
 * How many exchanges at the end of the branch the history begins with. Fewer than leave a history that can be stored are
 * not looked for.
 */
function overlap(branch: readonly ComparedExchange[][], sent: readonly ComparedExchange[]): number {
  if (sent.length === 0) return 0;
  // Each exchange is compared as a number: long texts are then read once, however often they repeat.
  const numbers = new Map<string, number>();
  const numberOf = ({ prompt, answer, hashes }: ComparedExchange) => {
    const key = `${hashes.join()}:${prompt.length}:${prompt}${answer}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const begins = sent.map(numberOf);
  const ends = branch.slice(-sent.length).map((answers) => new Set(answers.map(numberOf)));
  const least = Math.max(1, sent.length - UNSTORED_MAX);
  for (let length = Math.min(begins.length, ends.length); length >= least; length--) {
    const end = ends.slice(-length);
    if (end.every((answers, index) => answers.has(begins[index] as number))) return length;
  }
  return 0;
}
