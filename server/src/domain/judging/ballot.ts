import type { VerdictKind } from '../../database/judging/verdict-tables.ts';
import { InvalidInputError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import { toStorable } from '../ground/storable-text.ts';

export const verdictKinds = ['BEST', 'TIE', 'ALL_BAD'] as const satisfies VerdictKind[];

/** What a judge says of the answers. */
export interface Ballot {
  kind: VerdictKind;
  /** BEST: the one; TIE: those that are equally good, absent: all that are compared; ALL_BAD: absent. */
  bestResponseIds?: readonly string[] | null | undefined;
  /** A word or a few by which verdicts are grouped. Case and spaces do not tell topics apart. */
  topic?: string | null | undefined;
  note?: string | null | undefined;
}

/** UTF-16 code units. */
const TOPIC_LENGTH_MAX = 80;
const NOTE_LENGTH_MAX = 2000;

/** The topic as it is stored; null: none. @throws InvalidInputError */
export function validTopic(topic: string | null | undefined): string | null {
  // The topic is cut first, so that one that is much too long costs no more than that.
  const word = toName((topic ?? '').slice(0, 10 * TOPIC_LENGTH_MAX).normalize('NFC'))
    .toLowerCase()
    .normalize('NFC');
  if (word === '') return null;
  if (word.length > TOPIC_LENGTH_MAX) {
    throw new InvalidInputError('topic', `A topic has at most ${TOPIC_LENGTH_MAX} characters.`);
  }
  return word;
}

/** The note as it is stored; null: none. @throws InvalidInputError */
export function validNote(note: string | null | undefined): string | null {
  if (note == null || note.length > 10 * NOTE_LENGTH_MAX) {
    if (note == null) return null;
    throw tooLong();
  }
  const text = toStorable(note).trim();
  if (text.length > NOTE_LENGTH_MAX) throw tooLong();
  return text === '' ? null : text;
}

function tooLong(): InvalidInputError {
  return new InvalidInputError('note', `A note has at most ${NOTE_LENGTH_MAX.toLocaleString('en')} characters.`);
}

/**
 * The responses that the ballot says are best, each once.
 *
 * @param compared those that the verdict compares, two at least
 * @throws InvalidInputError (`bestResponseIds`)
 */
export function bestOf({ kind, bestResponseIds }: Ballot, compared: readonly string[]): string[] {
  const best = [...new Set(bestResponseIds ?? (kind === 'TIE' ? compared : []))];
  // The number comes first: what could not be stored anyway asks nobody which answers of a hidden turn are compared.
  const wrong = wrongNumber(kind, best.length);
  if (wrong) throw new InvalidInputError('bestResponseIds', wrong);
  if (best.some((id) => !compared.includes(id))) {
    throw new InvalidInputError(
      'bestResponseIds',
      'This answer is not compared: a verdict compares complete answers of the models that were asked, in the versions that were shown.',
    );
  }
  return best;
}

function wrongNumber(kind: VerdictKind, count: number): string | null {
  if (kind === 'BEST' && count !== 1) return 'Name the one answer that is best.';
  if (kind === 'TIE' && count < 2) return 'A tie is between two answers or more.';
  if (kind === 'ALL_BAD' && count > 0) return 'If all answers are bad, none is best.';
  return null;
}
