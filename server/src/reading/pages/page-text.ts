import { WrittenText } from '../documents/written-text.ts';
import { isElement, type PageElement, type PageNode, walk } from './nodes.ts';

/** What no reader sees, or nothing can be read in. */
const unread = new Set([
  ...['script', 'style', 'noscript', 'template', 'head', 'iframe', 'object', 'embed', 'canvas', 'svg', 'video'],
  ...['audio', 'textarea', 'select', 'datalist', 'frameset', 'map', 'dialog'],
]);
/** Begin and end a paragraph. */
const blocks = new Set([
  ...['p', 'div', 'section', 'article', 'main', 'header', 'footer', 'aside', 'nav', 'figure', 'figcaption', 'form'],
  ...['fieldset', 'address', 'details', 'summary', 'blockquote', 'dl', 'dt', 'dd', 'table', 'caption', 'hr', 'body'],
  ...['ul', 'ol', 'center', 'legend', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre'],
]);
/** Those that have their lines close together. */
const lines = new Set(['li', 'tr', 'dt', 'dd', 'summary', 'caption']);

/** The text of a page or a part of it: headings, lists, tables and code in Markdown; links and images by their words. */
export function textOfPage(root: PageNode): string {
  const writer = new PageWriter();
  walk(root, writer);
  return writer.take();
}

class PageWriter {
  readonly #text = new WrittenText();
  /** The number of the last item of each list that is open; null: its items have none. */
  readonly #lists: (number | null)[] = [];
  /** `pre` elements that are open. */
  #code = 0;
  /** Line ends that must stand before the next word. */
  #breaks = 0;
  #isSpaced = true;

  enter(node: PageNode): boolean {
    if (!isElement(node)) {
      if (node.nodeType === 3) this.#write(node.nodeValue ?? '');
      return node.nodeType !== 8;
    }
    const name = node.localName;
    if (unread.has(name) || isHidden(node)) return false;
    if (lines.has(name)) this.#break(1);
    else if (blocks.has(name)) this.#break(2);
    this.#open(name, node);
    return true;
  }

  leave(node: PageNode): void {
    if (!isElement(node)) return;
    const name = node.localName;
    if (name === 'ul' || name === 'ol') this.#lists.pop();
    if (name === 'pre' && this.#code > 0) {
      this.#code -= 1;
      this.#break(1);
      this.#mark('```');
    }
    if (lines.has(name)) this.#break(1);
    else if (blocks.has(name)) this.#break(2);
  }

  take(): string {
    return this.#text.take();
  }

  #open(name: string, element: PageElement): void {
    if (/^h[1-6]$/.test(name)) this.#mark(`${'#'.repeat(Number(name[1]))} `);
    else if (name === 'ul') this.#lists.push(null);
    else if (name === 'ol') this.#lists.push(0);
    else if (name === 'li') this.#item();
    else if (name === 'td' || name === 'th') this.#cell(element);
    else if (name === 'br') this.#break(1);
    else if (name === 'img') this.#image(element.getAttribute('alt') ?? '');
    else if (name === 'pre') {
      this.#mark('```');
      this.#break(1);
      this.#code += 1;
    }
  }

  #item(): void {
    const number = this.#lists.at(-1);
    if (typeof number === 'number') this.#lists[this.#lists.length - 1] = number + 1;
    const indent = '  '.repeat(Math.min(8, Math.max(0, this.#lists.length - 1)));
    this.#mark(`${indent}${typeof number === 'number' ? `${number + 1}.` : '-'} `);
  }

  #cell(element: PageElement): void {
    let before = element.parentNode?.firstChild ?? null;
    while (before && before !== element && !isElement(before)) before = before.nextSibling;
    if (before && before !== element) this.#mark(' | ');
  }

  #image(words: string): void {
    const told = words.replace(/\s+/g, ' ').trim().slice(0, 300);
    if (told !== '') this.#write(`[Image: ${told}] `);
  }

  #write(text: string): void {
    if (this.#code > 0) {
      if (text === '') return;
      this.#endLine();
      this.#text.write(text);
      this.#isSpaced = /\s$/.test(text);
      return;
    }
    const words = text.replace(/[ \t\r\n\f\u00a0]+/g, ' ');
    const told = this.#isSpaced || this.#breaks > 0 ? words.replace(/^ /, '') : words;
    if (told === '') return;
    this.#endLine();
    this.#text.write(told);
    this.#isSpaced = told.endsWith(' ');
  }

  /** Writes what is no text of the page. */
  #mark(mark: string): void {
    this.#endLine();
    this.#text.write(mark);
    this.#isSpaced = true;
  }

  #break(count: number): void {
    this.#breaks = Math.max(this.#breaks, count);
    this.#isSpaced = true;
  }

  #endLine(): void {
    if (this.#breaks > 0 && !this.#text.isEmpty) this.#text.write('\n'.repeat(this.#breaks));
    this.#breaks = 0;
  }
}

/** Whether a page says itself that its readers do not see it: what is written there is meant for machines. */
function isHidden(element: PageElement): boolean {
  if (element.getAttribute('hidden') !== null || element.getAttribute('aria-hidden') === 'true') return true;
  const style = element.getAttribute('style');
  return (
    style !== null && /(?:display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden)/i.test(style.slice(0, 2_000))
  );
}
