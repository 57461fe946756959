import { RateLimitError } from '../../../domain/ground/errors.ts';
import { fetchRemote, RemoteFileError, type Surroundings } from '../../../internet/remote-file.ts';
import { RobotsKeeper } from '../../../internet/robots-keeper.ts';
import { FileRefusedError } from '../../../ports/file-reader.ts';
import { type Tool, type ToolRequest, type ToolResult, ToolUnavailable } from '../../../ports/tool.ts';
import { integerArgument, textArgument } from '../arguments.ts';
import { cut, errorResult, textResult } from '../result.ts';
import { Turns } from '../turns.ts';
import { isExpectedAddress } from './expected-address.ts';
import { type PageReading, type PageText, readAnswer } from './read-page.ts';

const URL_LENGTH_MAX = 2_000;
/** Of a page or document, unpacked. */
const BYTES_MAX = 10_000_000;
/** For all of it: waiting, the site's rules, redirects, the page, reading it. */
const PATIENCE_MS = 60_000;
/** For what comes over the network. */
const FETCHING_MS = 25_000;
/** UTF-16 code units of a page that one call gives. */
const LENGTH_MAX = 40_000;
const LENGTH_USUAL = 20_000;

/**
 * Fetches a page of the public internet and gives its text.
 *
 * @param surroundings default: the internet; only tests name others
 */
export function createPageTool(reading: PageReading, surroundings?: Surroundings): Tool {
  const robots = new RobotsKeeper(surroundings);
  const turns = new Turns({ all: 8, each: 3, waiting: 100 });

  async function page(url: string, signal: AbortSignal): Promise<{ url: string; page: PageText | null }> {
    const fetching = AbortSignal.any([signal, AbortSignal.timeout(FETCHING_MS)]);
    const answer = await fetchRemote(
      withoutFragment(url),
      {
        bytesMax: BYTES_MAX,
        signal: fetching,
        admit: (asked) => robots.requireAllowed(asked, fetching),
        unpacks: true,
        accept: 'text/html,application/xhtml+xml,application/pdf,text/*;q=0.9,*/*;q=0.5',
      },
      surroundings,
    );
    return { url: answer.url, page: await readAnswer(reading, answer, signal) };
  }

  return {
    id: 'read_page',
    definition,
    isReadOnly: true,
    isExpected: ({ arguments: given }, known) => isExpectedAddress(given.url, known),
    async call({ arguments: given, userId, signal }) {
      const url = textArgument(given, 'url', URL_LENGTH_MAX);
      if (url === null) return errorResult(`The url must be an address of at most ${URL_LENGTH_MAX} characters.`);
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      try {
        const found = await turns.take(userId, patience, () => page(url, patience));
        return told(found, given);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ToolUnavailable) throw error;
        return errorResult(`The page cannot be read. ${reasonOf(error)}`);
      }
    },
  };
}

/** A fragment is no part of what is approved or fetched, so it must not be in what the answer cites. */
function withoutFragment(address: string): string {
  return address.replace(/#.*$/s, '');
}

const definition: Tool['definition'] = {
  name: 'read_page',
  description:
    'Fetches a page or document (HTML, PDF, Office, plain text) of the public internet and gives its text. Only what its site allows programs to fetch (robots.txt), without signing in and without running scripts. A long text comes in pieces: ask again with the start that the result names.',
  parameters: {
    type: 'object',
    properties: {
      url: { type: 'string', description: 'The address, beginning with http:// or https://' },
      start: { type: 'integer', minimum: 0, description: 'The character at which to begin. Default: 0' },
      length: {
        type: 'integer',
        minimum: 1,
        maximum: LENGTH_MAX,
        description: `How many characters to give. Default: ${LENGTH_USUAL}`,
      },
      links: { type: 'boolean', description: 'Whether to list the links of the page too. Default: false' },
    },
    required: ['url'],
    additionalProperties: false,
  },
};

function told({ url, page }: { url: string; page: PageText | null }, given: ToolRequest['arguments']): ToolResult {
  if (!page) return errorResult(`At ${url} is no text.`);
  const { title, text, links, refreshUrl } = page;
  const start = integerArgument(given, 'start', { min: 0, max: text.length, otherwise: 0 });
  const length = integerArgument(given, 'length', { min: 1, max: LENGTH_MAX, otherwise: LENGTH_USUAL });
  const piece = cut(text.slice(start).replace(/^[\uDC00-\uDFFF]/, ''), length);
  const end = start + piece.length;
  const lines = [`[${title === null ? 'Page' : `Page: ${title}`}, from ${url}]`];
  if (refreshUrl !== null) lines.push(`[The page sends its readers on to ${refreshUrl}, which was not followed.]`);
  if (start > 0 || end < text.length) {
    const more = end < text.length ? ` Ask again with start ${end} for more.` : '';
    lines.push(`[Characters ${start} to ${end} of ${text.length}.${more}]`);
  }
  const parts = [lines.join('\n'), piece === '' ? '[No text.]' : piece];
  if (given.links === true) parts.push(linkList(links));
  return textResult(parts.join('\n\n'), [{ url, title }]);
}

function linkList(links: PageText['links']): string {
  return links.length === 0
    ? '[No links.]'
    : ['[Links:]', ...links.map((link) => `${link.text}: ${link.url}`)].join('\n');
}

function reasonOf(error: unknown): string {
  if (error instanceof RemoteFileError || error instanceof FileRefusedError || error instanceof RateLimitError) {
    return error.message;
  }
  if (error instanceof Error && error.name === 'TimeoutError') return 'It takes too long.';
  throw error;
}
