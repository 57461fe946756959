import { lanes as texts } from 'texts:chat';
import type { ModelFieldsFragment } from '../../graphql/generated/graphql.ts';

/** Ids of the stand-ins that the API tells in place of models, until the member has judged or revealed a blind turn. */
const prefix = 'blind/';

export function isStandIn({ id }: Pick<ModelFieldsFragment, 'id'>): boolean {
  return id.startsWith(prefix);
}

/** The model's name; that of a stand-in, which the API has in English, is in the page's language. */
export function nameOf({ id, name }: Pick<ModelFieldsFragment, 'id' | 'name'>): string {
  return isStandIn({ id }) ? texts.answerOf({ letter: id.slice(prefix.length) }) : name;
}

/** The letters of a lane, as the API names it: A, B, …, Z, AA. */
export function letterOf(lane: number): string {
  const last = String.fromCharCode(65 + (lane % 26));
  return lane < 26 ? last : letterOf(Math.floor(lane / 26) - 1) + last;
}

/** The model of a blind prompt's lane before the API has taken it: the page does not know the order either. */
export function standInAt(lane: number): ModelFieldsFragment {
  const letter = letterOf(lane);
  return { id: `${prefix}${letter}`, name: texts.answerOf({ letter }), provider: { id: 'blind', name: '' } };
}
