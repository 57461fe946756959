import { useMemo } from 'react';
import type { ModelChoiceFragment, ParametersInput, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { type Drafts, useDraft } from './drafts.ts';
import { byLane, shownOf } from './versions.ts';

/** How the next prompt is asked: kept by the page, changed at the composer. */
export interface Asking {
  /** A lane each, in this order; one model may hold several. */
  modelIds: string[];
  parameters: ParametersInput;
  systemPrompt: string;
}

const cookieName = 'models';
const lanesAtFirst = 3;

/** The models of the last turn's lanes: a conversation goes on with whom it was had. */
export function modelsOfTurn(turn: TurnFieldsFragment): string[] {
  return byLane(turn.responses).map((versions) => shownOf(versions).model.id);
}

/** For a new conversation: of these lists the first that names models which the person may ask, else the first there are. */
export function firstModels(
  models: readonly ModelChoiceFragment[],
  limit: number,
  wishes: readonly (readonly string[])[],
): string[] {
  const allowed = models.filter(({ access }) => access.allowed);
  const known = wishes.map((ids) => ids.filter((id) => allowed.some((model) => model.id === id)));
  const ids = known.find(({ length }) => length > 0) ?? ofDifferentProviders(allowed).slice(0, lanesAtFirst);
  return ids.slice(0, limit);
}

/** The first of every provider, then the others: a comparison says most between different houses. */
function ofDifferentProviders(models: readonly ModelChoiceFragment[]): string[] {
  const firsts = new Map<string, string>();
  for (const { id, provider } of models) if (!firsts.has(provider.id)) firsts.set(provider.id, id);
  return [...new Set([...firsts.values(), ...models.map(({ id }) => id)])];
}

/** Of the request's Cookie header: whose they are, for the next one to sign in in this browser may be somebody else. */
export function rememberedModels(cookies: string | null): { viewerId: string; modelIds: string[] } | null {
  const value = cookies?.match(/(?:^|;\s*)models=([^;]*)/)?.[1];
  if (!value) return null;
  try {
    const [viewerId = '', ...modelIds] = decodeURIComponent(value).split('\n');
    return { viewerId, modelIds };
  } catch {
    return null;
  }
}

export function rememberModels(viewerId: string, modelIds: readonly string[]): void {
  const value = encodeURIComponent([viewerId, ...modelIds].join('\n'));
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = `${cookieName}=${value}; Path=/; Max-Age=${90 * 24 * 3600}; SameSite=Lax`;
}

/** Who is asked, and with what system prompt. */
export type Choice = Omit<Asking, 'parameters'>;

/** What was chosen at this place, kept beside the words; as long as it would replace the same, and else `before`. */
export function useChoice(drafts: Drafts, place: string, before: Choice): Choice {
  const text = useDraft(drafts, choicePlace(place));
  return useMemo(() => {
    if (!text) return before;
    const kept: { before: Choice; choice: Choice } = JSON.parse(text);
    return JSON.stringify(kept.before) === JSON.stringify(before) ? kept.choice : before;
  }, [text, before]);
}

/** @param choice null: none is kept */
export function keepChoice(drafts: Drafts, place: string, before: Choice, choice: Choice | null): void {
  drafts.write(choicePlace(place), choice ? JSON.stringify({ before, choice }) : '');
}

function choicePlace(place: string): string {
  return `${place}:choice`;
}

/** Temperature and length, kept beside the words that are being written at this place. */
export function useParameters(drafts: Drafts, place: string): ParametersInput {
  const text = useDraft(drafts, parametersPlace(place));
  return useMemo(() => (text ? JSON.parse(text) : {}), [text]);
}

export function keepParameters(drafts: Drafts, place: string, parameters: ParametersInput): void {
  const anything = Object.values(parameters).some((value) => value != null);
  drafts.write(parametersPlace(place), anything ? JSON.stringify(parameters) : '');
}

function parametersPlace(place: string): string {
  return `${place}:parameters`;
}
