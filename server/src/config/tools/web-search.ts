import { z } from 'zod';
import { baseURL, oneOf } from '../values.ts';

/** Who is asked where a model searches the web. */
export type WebSearchSettings =
  | { provider: 'brave' | 'tavily'; apiKey: string }
  /** An instance of one's own: its address may be of this network. */
  | { provider: 'searxng'; url: string };

const apiKey = z.string().regex(/^[!-~]{8,}$/, 'expected a key of at least 8 characters: ASCII without spaces');

export const webSearchSettings = {
  WEB_SEARCH: oneOf(['brave', 'tavily', 'searxng']).optional(),
  BRAVE_SEARCH_API_KEY: apiKey.optional(),
  TAVILY_API_KEY: apiKey.optional(),
  SEARXNG_URL: baseURL.optional(),
};

interface Given {
  WEB_SEARCH?: WebSearchSettings['provider'] | undefined;
  BRAVE_SEARCH_API_KEY?: string | undefined;
  TAVILY_API_KEY?: string | undefined;
  SEARXNG_URL?: string | undefined;
}

const names = {
  brave: 'BRAVE_SEARCH_API_KEY',
  tavily: 'TAVILY_API_KEY',
  searxng: 'SEARXNG_URL',
} as const satisfies Record<WebSearchSettings['provider'], keyof Given>;

/** Null: models cannot search the web. Mistakes go to `problems`. */
export function readWebSearch(given: Given, problems: string[]): WebSearchSettings | null {
  const set = (['brave', 'tavily', 'searxng'] as const).filter((provider) => given[names[provider]] !== undefined);
  const wanted = given.WEB_SEARCH;
  if (wanted !== undefined && !set.includes(wanted)) {
    problems.push(`WEB_SEARCH is "${wanted}", which needs ${names[wanted]}`);
    return null;
  }
  const [provider, other] = wanted === undefined ? set : [wanted];
  if (provider === undefined) return null;
  if (other !== undefined) {
    problems.push(
      `WEB_SEARCH: expected ${set.join(' or ')}, since ${set.map((one) => names[one]).join(' and ')} are set`,
    );
    return null;
  }
  const value = given[names[provider]] ?? '';
  return provider === 'searxng' ? { provider, url: value } : { provider, apiKey: value };
}
