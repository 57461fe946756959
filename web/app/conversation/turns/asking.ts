import type { ModelChoiceFragment, ParametersInput, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { byLane, shownOf } from './versions.ts';

/** How the next prompt is asked: kept by the page, changed at the composer. */
export interface Asking {
  /** A lane each, in this order; one model may hold several. */
  modelIds: string[];
  parameters: ParametersInput;
  systemPrompt: string;
}

/** Who is asked, and with what system prompt. */
export type Choice = Omit<Asking, 'parameters'>;

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
