import type { Catalogue, Model } from '../../domain/catalogue/catalogue.ts';
import { ModelUnavailableError } from '../../domain/ground/errors.ts';

/** The model that a program names. @throws ModelUnavailableError */
export function namedModel(catalogue: Catalogue, name: string): Model {
  const model = catalogue.models.get(name);
  if (!model) throw new ModelUnavailableError(name, `There is no model "${name.slice(0, 100)}" here.`);
  return model;
}
