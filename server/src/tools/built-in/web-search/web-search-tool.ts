import { toStorable, withoutUnseen } from '../../../domain/ground/storable-text.ts';
import { type Tool, ToolUnavailable } from '../../../ports/tool.ts';
import { integerArgument, textArgument } from '../arguments.ts';
import { cut, errorResult, textResult } from '../result.ts';
import { Turns } from '../turns.ts';
import { SearchFailure } from './ask-search.ts';
import type { FoundPage, SearchEngine } from './search-engine.ts';

/** Brave takes no longer one. */
const QUERY_LENGTH_MAX = 400;
const COUNT_MAX = 10;
const TITLE_LENGTH_MAX = 200;
const URL_LENGTH_MAX = 2_000;
const EXCERPT_LENGTH_MAX = 800;

/** Searches the web by the provider that the operator chose. */
export function createWebSearchTool(engine: SearchEngine): Tool {
  const turns = new Turns({ all: 16, each: 4, waiting: 200 });
  return {
    id: 'web_search',
    definition: {
      name: 'web_search',
      description:
        'Searches the web and gives pages, the best first: title, address and an excerpt each. Read a page itself by its address where the excerpt is too short.',
      parameters: {
        type: 'object',
        properties: {
          query: { type: 'string', description: `What to look for, at most ${QUERY_LENGTH_MAX} characters` },
          count: {
            type: 'integer',
            minimum: 1,
            maximum: COUNT_MAX,
            description: 'How many pages to give at most. Default: 5',
          },
        },
        required: ['query'],
        additionalProperties: false,
      },
    },
    isReadOnly: true,
    async call({ arguments: given, userId, signal }) {
      const query = textArgument(given, 'query', QUERY_LENGTH_MAX);
      if (query === null) return errorResult(`The query must be a text of at most ${QUERY_LENGTH_MAX} characters.`);
      const count = integerArgument(given, 'count', { min: 1, max: COUNT_MAX, otherwise: 5 });
      try {
        const found = await turns.take(userId, signal, () => engine.search(toStorable(query), count, signal));
        return told(found.flatMap((page) => harmless(page) ?? []).slice(0, count));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ToolUnavailable || !(error instanceof SearchFailure)) throw error;
        return errorResult(error.message);
      }
    },
  };
}

function told(pages: readonly FoundPage[]) {
  if (pages.length === 0) return textResult('Nothing was found.');
  const lines = pages.map(({ title, url, excerpt }, index) => `${index + 1}. ${title}\n${url}\n${excerpt}`.trimEnd());
  return textResult(
    lines.join('\n\n'),
    pages.map(({ url, title }) => ({ url, title })),
  );
}

/** Null: its address is none of the web. */
function harmless({ title, url, excerpt }: FoundPage): FoundPage | null {
  if (url.length > URL_LENGTH_MAX || !URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return { title: plain(title, TITLE_LENGTH_MAX) || href, url: href, excerpt: plain(excerpt, EXCERPT_LENGTH_MAX) };
}

/** One line without HTML, which providers put around what was found. */
function plain(text: string, lengthMax: number): string {
  const line = text
    .slice(0, lengthMax * 4)
    .replace(/<\/?[a-z][^<>]{0,200}>/gi, '')
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/gi, decoded);
  return cut(withoutUnseen(toStorable(line)).replace(/\s+/g, ' ').trim(), lengthMax);
}

const entities: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }),
);

function decoded(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return entities.get(name.toLowerCase()) ?? entity;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}
