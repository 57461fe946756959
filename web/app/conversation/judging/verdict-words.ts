import { judging as texts } from 'texts:chat';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { inRow, inSentence } from '../../languages/lists.ts';
import { letterOf } from '../following/hidden.ts';

type Verdict = NonNullable<TurnFieldsFragment['verdict']>;

/** A verdict as a sentence, such as "You preferred A: Claude Sonnet." */
export function verdictWords({ kind, best }: Pick<Verdict, 'kind' | 'best'>, turn: TurnFieldsFragment): string {
  if (kind === 'TIE') return texts.saidTie;
  if (kind === 'ALL_BAD') return texts.saidAllBad;
  const names = turn.responses.filter(({ id }) => best.some((one) => one.id === id)).map(nameIn(turn));
  return names.length === 0 ? texts.saidGone : texts.saidBest({ names: inSentence(names) });
}

/** The models of a revealed turn, such as "A is Claude Sonnet, B is GPT-4.1." */
export function revealWords(shown: readonly ResponseFieldsFragment[]): string {
  const models = shown.map(({ lane, model }) => texts.letterIs({ letter: letterOf(lane), name: model.name }));
  return texts.revealed({ models: inRow(models) });
}

/** How a verdict on a blind turn, or one that came from a file, counts, with the reason; null for others. */
export function countingOf({ blind, verdict }: Pick<TurnFieldsFragment, 'blind' | 'verdict'>) {
  if (verdict?.imported) return { word: texts.imported, reason: texts.importedReason };
  if (!blind || !verdict) return null;
  if (!verdict.blind) return { word: texts.notBlind, reason: texts.notBlindReason };
  if (verdict.named) return { word: texts.blindMarked, reason: texts.namedReason };
  if (verdict.unpaced) return { word: texts.blindMarked, reason: texts.unpacedReason };
  return { word: texts.blind, reason: texts.blindReason };
}

function nameIn({ blind }: Pick<TurnFieldsFragment, 'blind'>) {
  return ({ lane, model }: ResponseFieldsFragment) => (blind ? `${letterOf(lane)}: ${model.name}` : model.name);
}
