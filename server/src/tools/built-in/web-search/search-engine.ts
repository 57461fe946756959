import { askSearch, SearchFailure, type SearchRequest } from './ask-search.ts';

/** Searches the web, for whomever. */
export interface SearchEngine {
  /** For people. */
  name: string;
  /** The best first. @throws SearchFailure; the signal's reason once that is aborted */
  search(query: string, count: number, signal: AbortSignal): Promise<FoundPage[]>;
}

/** A page as the provider tells of it: neither bounded nor harmless. */
export interface FoundPage {
  title: string;
  url: string;
  excerpt: string;
}

/** Whom to ask, and with which key; `url` in place of the usual address only where tests say so. */
export type SearchEngineOptions =
  | { provider: 'brave' | 'tavily'; apiKey: string; url?: string }
  | { provider: 'searxng'; url: string };

export function createSearchEngine(options: SearchEngineOptions, fetch: typeof globalThis.fetch): SearchEngine {
  const { name, ask, listIn, excerptOf } = form(options);
  return {
    name,
    async search(query, count, signal) {
      const answer = await askSearch({ ...ask(query, count), fetch, signal });
      const list = listIn(answer);
      if (!Array.isArray(list)) {
        throw new SearchFailure('The search provider answered in a form that is not understood.');
      }
      return list.filter(isObject).map((result) => ({
        title: textIn(result, 'title'),
        url: textIn(result, 'url'),
        excerpt: excerptOf(result),
      }));
    },
  };
}

type Given = Record<string, unknown>;

/** How a provider is asked, and where its answer has what. */
interface Form {
  name: string;
  ask(query: string, count: number): Pick<SearchRequest, 'url' | 'headers' | 'body'>;
  listIn(answer: unknown): unknown;
  excerptOf(result: Given): string;
}

function form(options: SearchEngineOptions): Form {
  if (options.provider === 'searxng') return searxng(options);
  return options.provider === 'brave' ? brave(options) : tavily(options);
}

/** https://api-dashboard.search.brave.com/app/documentation/web-search */
function brave({ apiKey, url = 'https://api.search.brave.com' }: { apiKey: string; url?: string }): Form {
  return {
    name: 'Brave Search',
    ask: (q, count) => ({
      url: withQuery(`${url}/res/v1/web/search`, { q, count: String(count), text_decorations: 'false' }),
      headers: { 'x-subscription-token': apiKey },
    }),
    // A search that finds no page has no such part.
    listIn: (answer) => (isObject(answer) ? (isObject(answer.web) ? answer.web.results : []) : undefined),
    excerptOf: (result) =>
      [textIn(result, 'description'), ...(Array.isArray(result.extra_snippets) ? result.extra_snippets : [])]
        .filter((text) => typeof text === 'string')
        .join(' … '),
  };
}

/** https://docs.tavily.com/documentation/api-reference/endpoint/search */
function tavily({ apiKey, url = 'https://api.tavily.com' }: { apiKey: string; url?: string }): Form {
  return {
    name: 'Tavily',
    ask: (query, count) => ({
      url: new URL(`${url}/search`),
      headers: { authorization: `Bearer ${apiKey}` },
      body: { query, max_results: count, search_depth: 'basic' },
    }),
    listIn: (answer) => (isObject(answer) ? answer.results : undefined),
    excerptOf: (result) => textIn(result, 'content'),
  };
}

/** https://docs.searxng.org/dev/search_api.html */
function searxng({ url }: { url: string }): Form {
  return {
    name: 'SearXNG',
    ask: (q) => ({ url: withQuery(`${url.replace(/\/+$/, '')}/search`, { q, format: 'json' }), headers: {} }),
    listIn: (answer) => (isObject(answer) ? answer.results : undefined),
    excerptOf: (result) => textIn(result, 'content'),
  };
}

function withQuery(address: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function textIn(given: Given, name: string): string {
  const value = given[name];
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
