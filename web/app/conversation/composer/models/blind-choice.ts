import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { blindLanesOf, type Choice, drawnModels } from '../../turns/asking.ts';

interface Possibilities {
  models: readonly ModelChoiceFragment[];
  /** How many models one prompt may ask. */
  limit: number;
}

/** The reason why the next prompt cannot be blind; null if it can. */
export function blindRefusal({ modelIds }: Pick<Choice, 'modelIds'>, { models, limit }: Possibilities): string | null {
  if (limit < drawnModels) return 'Your plan asks one model at a time, and blind compares two.';
  if (models.filter(({ access }) => access.allowed).length < drawnModels) {
    return 'Blind compares two models, and there is only one that you may ask.';
  }
  return modelIds.length === 1
    ? 'Blind compares two or more: add a model, or remove this one to have two drawn.'
    : null;
}

/**
 * What a blind prompt asks and hides, in one line.
 *
 * @param hidden whether the models of the last turn are secret
 */
export function blindMeaning(choice: Pick<Choice, 'modelIds' | 'drawCount' | 'merge'>, hidden: boolean): string {
  const among = choice.merge ? 'A merge of their answers hides among them. ' : '';
  const end = `${among}You learn which is which when you have judged their answers.`;
  if (choice.modelIds.length > 0) return `These models answer in a secret order. ${end}`;
  if (hidden) return `The same models go on under the same letters. ${end}`;
  return `The server draws ${countInWords(blindLanesOf(choice))} models. ${end}`;
}

/** How many models the server can draw; empty: there is no choice. */
export function drawCounts({ models, limit }: Possibilities): number[] {
  const most = Math.min(limit, models.filter(({ access }) => access.allowed).length);
  return most > drawnModels ? Array.from({ length: most - 1 }, (_none, index) => index + drawnModels) : [];
}

/** A small number as it is said in a sentence. */
export function countInWords(count: number): string {
  return words[count] ?? String(count);
}

const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

/** The choice with blind switched on or off. Without models, which only blind does without, `first` are asked again. */
export function withBlind<Chosen extends Choice>(choice: Chosen, on: boolean, first: readonly string[]): Chosen {
  const modelIds = on || choice.modelIds.length > 0 ? choice.modelIds : [...first];
  return { ...choice, modelIds, blind: on || undefined, historyFrom: undefined };
}
