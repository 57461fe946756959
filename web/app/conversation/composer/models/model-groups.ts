import { models as texts } from 'texts:chat';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';

export interface ModelGroup {
  id: string;
  name: string;
  models: ModelChoiceFragment[];
}

/** Models whose name, id or provider contains the text: the favourites first, then the others by provider. */
export function modelGroups(
  models: readonly ModelChoiceFragment[],
  search: string,
  favourites: ReadonlySet<string>,
): ModelGroup[] {
  const wanted = search.trim().toLowerCase();
  const marked: ModelGroup = { id: '', name: texts.favourites, models: [] };
  const groups = new Map<string, ModelGroup>();
  for (const model of models) {
    const { id, name } = model.provider;
    if (wanted && !`${model.name} ${model.id} ${name}`.toLowerCase().includes(wanted)) continue;
    const group = favourites.has(model.id) ? marked : (groups.get(id) ?? { id, name, models: [] });
    if (group !== marked) groups.set(id, group);
    group.models.push(model);
  }
  return [marked, ...groups.values()].filter((group) => group.models.length > 0);
}
