import { readFile, writeFile } from 'node:fs/promises';
import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom/worker';
import { toStorable, withoutUnseen } from '../../domain/ground/storable-text.ts';
import type { PageLink, PageSource, ReadPage } from '../../ports/file-reader.ts';
import { ARTICLE_TAGS_MAX, PAGE_LENGTH_MAX, PAGE_LINKS_MAX, PAGE_TAGS_MAX, TEXT_BYTES_MAX } from '../limits.ts';
import { tooLarge, tooMuchText } from '../refusals.ts';
import { isElement, type PageDocument, type PageNode, walk } from './nodes.ts';
import { decodePage } from './page-encoding.ts';
import { textOfPage } from './page-text.ts';

/** UTF-16 code units of an article below which the whole page is read: a list of links, say, has no article. */
const ARTICLE_LENGTH_MIN = 400;
/** How deep elements may stand in each other for the search for an article, which calls itself for each. */
const ARTICLE_DEPTH_MAX = 500;
const TITLE_LENGTH_MAX = 300;
const URL_LENGTH_MAX = 2_000;

/**
 * Reads a page in the process of its own: its article if it has one, else all that its readers see.
 *
 * @throws FileRefusedError
 */
export async function readPageAt(path: string, { url, charset }: PageSource): Promise<ReadPage> {
  const html = decodePage(await readFile(path), charset);
  const tags = tagsIn(html);
  if (html.length > PAGE_LENGTH_MAX || tags > PAGE_TAGS_MAX) throw tooLarge();
  const document = parsed(html);
  const base = baseOf(document, url);
  const [links, refreshUrl, title] = [linksOf(document, base), refreshOf(document, base), document.title];
  const article = tags <= ARTICLE_TAGS_MAX ? articleOf(parsed(html)) : null;
  const text = visible(article ?? textOfPage(document.body ?? document.documentElement ?? document));
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw tooMuchText();
  const textPath = `${path}.text`;
  await writeFile(textPath, text);
  return { title: oneLine(title, TITLE_LENGTH_MAX) || null, textPath, links, refreshUrl };
}

function parsed(html: string): PageDocument {
  // A text without any element has no document.
  const { document } = parseHTML(/<html[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`);
  return document as unknown as PageDocument;
}

function tagsIn(html: string): number {
  let count = 0;
  for (let at = html.indexOf('<'); at >= 0 && count <= PAGE_TAGS_MAX; at = html.indexOf('<', at + 1)) count += 1;
  return count;
}

/** Null: the page has none, or it cannot be told. The document is changed. */
function articleOf(document: PageDocument): string | null {
  if (depthOf(document) > ARTICLE_DEPTH_MAX) return null;
  try {
    const reader = new Readability<PageNode>(document as never, { serializer: (node) => node as never });
    const article = reader.parse();
    const { content } = article ?? {};
    if (!content) return null;
    const text = textOfPage(content);
    return text.length < ARTICLE_LENGTH_MIN ? null : text;
  } catch {
    // It finds no article in what a browser would hardly show.
    return null;
  }
}

function depthOf(root: PageNode): number {
  let [depth, most] = [0, 0];
  walk(root, {
    enter() {
      depth += 1;
      most = Math.max(most, depth);
      return true;
    },
    leave() {
      depth -= 1;
    },
  });
  return most;
}

function baseOf(document: PageDocument, url: string): string {
  for (const element of document.querySelectorAll('base[href]')) {
    const href = element.getAttribute('href') ?? '';
    return URL.canParse(href, url) ? new URL(href, url).href : url;
  }
  return url;
}

function linksOf(document: PageDocument, base: string): PageLink[] {
  const links = new Map<string, PageLink>();
  for (const element of document.querySelectorAll('a[href]')) {
    if (links.size >= PAGE_LINKS_MAX) break;
    const url = addressOf(element.getAttribute('href') ?? '', base);
    if (url === null || links.has(url)) continue;
    const text = visible(oneLine(wordsOf(element), 100));
    if (text !== '') links.set(url, { text, url });
  }
  return [...links.values()];
}

function wordsOf(root: PageNode): string {
  const words: string[] = [];
  walk(root, {
    enter(node) {
      if (node.nodeType === 3) words.push(node.nodeValue ?? '');
      return !isElement(node) || !/^(?:script|style)$/.test(node.localName);
    },
    leave: () => undefined,
  });
  return words.join('');
}

/** Where the page sends its readers on by a `meta` element. */
function refreshOf(document: PageDocument, base: string): string | null {
  for (const element of document.querySelectorAll('meta[http-equiv][content]')) {
    if (element.getAttribute('http-equiv')?.trim().toLowerCase() !== 'refresh') continue;
    const content = (element.getAttribute('content') ?? '').slice(0, 3_000);
    const [, url] = /^\s*[\d.]*\s*[;,]?\s*url\s*=\s*["']?([^"']+)/i.exec(content) ?? [];
    if (url) return addressOf(url.trim(), base);
  }
  return null;
}

function addressOf(href: string, base: string): string | null {
  if (href.length > URL_LENGTH_MAX || !URL.canParse(href, base)) return null;
  const url = new URL(href, base);
  url.hash = '';
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  return isWeb && url.href.length <= URL_LENGTH_MAX ? url.href : null;
}

function oneLine(text: string, lengthMax: number): string {
  const line = toStorable(text).replace(/\s+/g, ' ').trim();
  return line.slice(0, lengthMax).replace(/[\uD800-\uDBFF]$/, '');
}

function visible(text: string): string {
  return withoutUnseen(toStorable(text));
}
