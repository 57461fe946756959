import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { type Choice, drawnModels } from '../../turns/asking.ts';

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
export function blindMeaning({ modelIds }: Pick<Choice, 'modelIds'>, hidden: boolean): string {
  const end = 'You learn which is which when you have judged their answers.';
  if (modelIds.length > 0) return `These models answer in a secret order. ${end}`;
  return hidden ? `The same models go on under the same letters. ${end}` : `The server draws two models. ${end}`;
}

/** The choice with blind switched on or off. Without models, which only blind does without, `first` are asked again. */
export function withBlind<Chosen extends Choice>(choice: Chosen, on: boolean, first: readonly string[]): Chosen {
  const modelIds = on || choice.modelIds.length > 0 ? choice.modelIds : [...first];
  return { ...choice, modelIds, blind: on || undefined, historyFrom: undefined };
}
