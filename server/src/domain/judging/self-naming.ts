import { type Catalogue, knownModel, knownProvider, type Model } from '../catalogue/catalogue.ts';
import { assistantFamilies, everydayWords } from './assistant-families.ts';
import { NameSearch, wordsOf } from './name-search.ts';

/** A name by which an answer gives away who wrote it. */
export interface GivingName {
  name: string;
  /** Whether it counts in the answer of any model; else only in those of `modelIds`. */
  everywhere: boolean;
  /** The models of the catalogue whose name or maker it is. */
  modelIds: string[];
}

interface Names {
  list: GivingName[];
  search: NameSearch<GivingName>;
}

const known = new WeakMap<Catalogue, Names>();

/**
 * Whether one of the texts, which are an answer of this model, names the model, its family or its maker, or any
 * assistant by a name that means nothing else. It errs on the side of finding one: a text that only speaks of an
 * assistant is not told from one that introduces itself, in no language.
 */
export async function namesModels(catalogue: Catalogue, texts: readonly string[], modelId: string): Promise<boolean> {
  const { search } = namesOf(catalogue);
  const listed = catalogue.models.has(modelId);
  const own = listed ? null : new Set(namesOfModel(catalogue, knownModel(catalogue, modelId)).map(keyOf));
  const counts = ({ name, everywhere, modelIds }: GivingName) =>
    everywhere || (own ? own.has(keyOf(name)) : modelIds.includes(modelId));
  for (const text of texts) if (await search.has(text, counts)) return true;
  // The names of a model that the catalogue no longer lists are looked for by themselves.
  if (!own) return false;
  const gone = new NameSearch<null>();
  for (const key of own) gone.add(key.split(' '), null);
  for (const text of texts) if (await gone.has(text, () => true)) return true;
  return false;
}

/** The names that are looked for, in the order of the alphabet. */
export function givingNames(catalogue: Catalogue): GivingName[] {
  return namesOf(catalogue).list;
}

function namesOf(catalogue: Catalogue): Names {
  const made = known.get(catalogue) ?? makeNames(catalogue);
  known.set(catalogue, made);
  return made;
}

function makeNames(catalogue: Catalogue): Names {
  const byKey = new Map<string, GivingName>();
  const take = (name: string, { everywhere, modelId }: { everywhere: boolean; modelId?: string }) => {
    const key = keyOf(name);
    const taken = byKey.get(key) ?? { name, everywhere, modelIds: [] };
    taken.everywhere ||= everywhere;
    if (modelId !== undefined && !taken.modelIds.includes(modelId)) taken.modelIds.push(modelId);
    if (key !== '') byKey.set(key, taken);
  };
  for (const { names } of assistantFamilies) for (const name of names) take(name, { everywhere: true });
  for (const model of catalogue.models.values()) {
    for (const name of namesOfModel(catalogue, model)) take(name, { everywhere: false, modelId: model.id });
  }
  const search = new NameSearch<GivingName>();
  for (const [key, name] of byKey) search.add(key.split(' '), name);
  return { list: [...byKey.values()].sort((one, other) => one.name.localeCompare(other.name, 'en')), search };
}

/** What an answer of the model would call it, its family and its maker. */
function namesOfModel(catalogue: Catalogue, { id, name, providerModel, providerId }: Model): string[] {
  const provider = knownProvider(catalogue, providerId);
  const given = [name, id, providerModel, providerModel.slice(providerModel.lastIndexOf('/') + 1)];
  const makers = [provider.name, provider.id];
  const words = new Set([...given, ...makers].flatMap((one) => [...wordsOf(one)]));
  const ofFamilies = assistantFamilies
    .filter(({ marks }) => marks.some((mark) => words.has(mark)))
    .flatMap(({ names, ownNames }) => [...names, ...ownNames]);
  return [...ofFamilies, ...[...given, ...given.map(withoutVersion), ...makers].filter(saysSomething)];
}

/** `Acme Writer 7B` as `Acme Writer`. */
function withoutVersion(name: string): string {
  return name.replace(/[\s_:.-]*\p{N}.*$/su, '');
}

/** Whether a name of the catalogue could only mean what it names. */
function saysSomething(name: string): boolean {
  const words = [...wordsOf(name)];
  const telling = words.filter((part) => !everydayWords.has(part) && /\p{L}/u.test(part));
  return words.length > 1 ? telling.length > 0 : telling.some(({ length }) => length > 3);
}

function keyOf(name: string): string {
  return [...wordsOf(name)].join(' ');
}
