import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { letterOf } from '../following/hidden.ts';

type Verdict = NonNullable<TurnFieldsFragment['verdict']>;

/** A verdict as a sentence, such as "You preferred A: Claude Sonnet." */
export function verdictWords({ kind, best }: Pick<Verdict, 'kind' | 'best'>, turn: TurnFieldsFragment): string {
  if (kind === 'TIE') return 'You called it a tie.';
  if (kind === 'ALL_BAD') return 'You found all answers bad.';
  const names = turn.responses.filter(({ id }) => best.some((one) => one.id === id)).map(nameIn(turn));
  return names.length === 0 ? 'You preferred an answer that is gone.' : `You preferred ${names.join(' and ')}.`;
}

/** The models of a revealed turn, such as "A is Claude Sonnet, B is GPT-4.1." */
export function revealWords(shown: readonly ResponseFieldsFragment[]): string {
  return `${shown.map(({ lane, model }) => `${letterOf(lane)} is ${model.name}`).join(', ')}.`;
}

/** How a verdict on a blind turn, or one that came from a file, counts, with the reason; null for others. */
export function countingOf({ blind, verdict }: Pick<TurnFieldsFragment, 'blind' | 'verdict'>) {
  if (verdict?.imported) return { word: 'imported', reason: 'It came with the conversation, and counts in no rating.' };
  if (!blind || !verdict) return null;
  if (!verdict.blind)
    return { word: 'not blind', reason: 'The models, or which answer is a merge, were known when this was said.' };
  if (verdict.named)
    return { word: 'blind, marked', reason: 'An answer names its model or maker, or shows that it is a merge.' };
  if (verdict.unpaced) return { word: 'blind, marked', reason: 'The answers were shown as they came.' };
  return { word: 'blind', reason: 'The models were secret until this was said.' };
}

function nameIn({ blind }: Pick<TurnFieldsFragment, 'blind'>) {
  return ({ lane, model }: ResponseFieldsFragment) => (blind ? `${letterOf(lane)}: ${model.name}` : model.name);
}
