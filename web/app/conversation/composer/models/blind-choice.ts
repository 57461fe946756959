import { models as texts } from 'texts:chat';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { blindLanesOf, type Choice, drawnModels } from '../../turns/asking.ts';

interface Possibilities {
  models: readonly ModelChoiceFragment[];
  /** How many models one prompt may ask. */
  limit: number;
}

/** The reason why the next prompt cannot be blind; null if it can. */
export function blindRefusal({ modelIds }: Pick<Choice, 'modelIds'>, { models, limit }: Possibilities): string | null {
  if (limit < drawnModels) return texts.planAsksOne;
  if (models.filter(({ access }) => access.allowed).length < drawnModels) return texts.onlyOneModel;
  return modelIds.length === 1 ? texts.addOrRemove : null;
}

/**
 * What a blind prompt asks and hides, in one line.
 *
 * @param hidden whether the models of the last turn are secret
 */
export function blindMeaning(choice: Pick<Choice, 'modelIds' | 'drawCount' | 'merge'>, hidden: boolean): string {
  const sentences = [asks(choice, hidden), choice.merge ? texts.mergeHides : '', texts.whichIsWhich];
  return sentences.filter((each) => each !== '').join(' ');
}

function asks(choice: Pick<Choice, 'modelIds' | 'drawCount'>, hidden: boolean): string {
  if (choice.modelIds.length > 0) return texts.secretOrder;
  if (hidden) return texts.sameLetters;
  const count = blindLanesOf(choice);
  return texts.serverDraws({ count, words: countInWords(count) });
}

/** How many models the server can draw; empty: there is no choice. */
export function drawCounts({ models, limit }: Possibilities): number[] {
  const most = Math.min(limit, models.filter(({ access }) => access.allowed).length);
  return most > drawnModels ? Array.from({ length: most - 1 }, (_none, index) => index + drawnModels) : [];
}

/** A small number as it is said in a sentence. */
export function countInWords(count: number): string {
  return texts.numberInWords({ count });
}

/** The choice with blind switched on or off. Without models, which only blind does without, `first` are asked again. */
export function withBlind<Chosen extends Choice>(choice: Chosen, on: boolean, first: readonly string[]): Chosen {
  const modelIds = on || choice.modelIds.length > 0 ? choice.modelIds : [...first];
  return { ...choice, modelIds, blind: on || undefined, historyFrom: undefined };
}
