import { htmlFlow } from 'micromark-core-commonmark';
import type { Code, Construct, Effects, Extension, State, TokenizeContext } from 'micromark-util-types';
import type { Node } from './tree.ts';

/** Elements that say what Markdown cannot, and can do no harm. With attributes they stay text. */
const inline = ['sub', 'sup', 'kbd', 'mark', 'u'];
/** Elements that a fold's head may hold. */
const inHead = [...inline, 'b', 'strong', 'i', 'em'];
const fold = ['details', 'summary'];
/** Elements that the page's sanitizer has to let through. */
export const harmlessElements = [...inline, ...fold];

/**
 * A remark plugin that shows HTML as text, except harmless elements: breaks, sub- and superscript, keys, marks, underlining
 * and folds. These may have Markdown inside.
 */
export function remarkHarmlessHtml(this: { data(): { micromarkExtensions?: Extension[] } }) {
  const data = this.data();
  data.micromarkExtensions ??= [];
  data.micromarkExtensions.push(harmlessInLine);
  return (tree: Node): void => transform(tree);
}

const names = [...inline, ...fold, 'br'].join('|');
const beginning = new RegExp(`^</?(?:${names})[\\s/>]`, 'i');
const lengthMax = Math.max(...names.split('|').map((name) => name.length)) + 3;

/**
 * Matches the beginning of a harmless tag. Markdown takes a line that begins with a tag, and the lines after it, for one
 * block of HTML; `otherHtmlFlow` does not if the tag is harmless.
 */
const harmlessTag: Construct = {
  partial: true,
  tokenize(effects: Effects, ok: State, nok: State): State {
    let read = '';
    effects.enter('data');
    return next;
    function next(code: Code): State | undefined {
      if (code === null || code < 0 || read.length >= lengthMax) return end(code);
      read += String.fromCharCode(code);
      effects.consume(code);
      return /[\s/>]$/.test(read) && read.length > 2 ? end : next;
    }
    function end(code: Code): State | undefined {
      effects.exit('data');
      return beginning.test(`${read} `) ? ok(code) : nok(code);
    }
  },
};

const otherHtmlFlow: Construct = {
  ...htmlFlow,
  name: 'otherHtmlFlow',
  tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    return effects.check(harmlessTag, nok, htmlFlow.tokenize.call(this, effects, ok, nok));
  },
};

const harmlessInLine: Extension = { disable: { null: ['htmlFlow'] }, flow: { 60: otherHtmlFlow } };

interface Tag {
  name: string;
  isEnd: boolean;
}

function tagOf(node: Node): Tag | null {
  if (node.type !== 'html') return null;
  const [, slash, name] = /^<(\/?)([a-z]+)\s*>$/i.exec(node.value ?? '') ?? [];
  if (name) return { name: name.toLowerCase(), isEnd: slash === '/' };
  return /^<details\s+open\s*>$/i.test(node.value ?? '') ? { name: 'details', isEnd: false } : null;
}

/** The types of nodes whose children are blocks. */
const ofBlocks = new Set(['root', 'blockquote', 'listItem', 'footnoteDefinition', 'details']);

function transform(node: Node): void {
  if (!node.children) return;
  if (ofBlocks.has(node.type))
    node.children = node.children.map((child) => (child.type === 'html' ? lines(child) : child));
  if (node.children.some((child) => child.type === 'paragraph')) node.children = folded(node.children);
  for (const child of node.children) transform(child);
  node.children = nested(node.children, inline);
}

/** Turns a block of HTML into a paragraph with its lines as text. */
function lines({ value = '' }: Node): Node {
  const children = value
    .trim()
    .split(/[ \t]*\n/)
    .flatMap((line, index) => [...(index > 0 ? [{ type: 'break' }] : []), { type: 'text', value: line }]);
  return { type: 'paragraph', children };
}

function element(name: string, children: Node[]): Node {
  return { type: name, children, data: { hName: name } };
}

/** Replaces each pair of allowed tags by an element with the nodes between them. */
function nested(children: readonly Node[], allowed: readonly string[]): Node[] {
  if (!children.some(({ type }) => type === 'html')) return [...children];
  const nodes: Node[] = [];
  const open: { name: string; at: number }[] = [];
  for (const child of children) {
    const tag = tagOf(child);
    if (child.type === 'html' && /^<br\s*\/?>$/i.test(child.value ?? '')) nodes.push({ type: 'break' });
    else if (!tag || !allowed.includes(tag.name)) nodes.push(child);
    else if (tag.isEnd) {
      const begun = open.findLastIndex(({ name }) => name === tag.name);
      if (begun < 0) nodes.push(child);
      else {
        const { at } = open[begun] as { at: number };
        open.length = begun;
        nodes.splice(at, Number.POSITIVE_INFINITY, element(tag.name, nodes.slice(at + 1)));
      }
    } else {
      open.push({ name: tag.name, at: nodes.length });
      nodes.push(child);
    }
  }
  return nodes;
}

/** How deep folds may be nested. */
const foldsMax = 20;

interface Frame {
  /** The tag that began the fold; null for the frame around all folds. */
  tag: Node | null;
  children: Node[];
}

/** Puts the blocks between the tags of a fold into the fold. A fold without an end stays text. */
function folded(blocks: readonly Node[]): Node[] {
  const frames: Frame[] = [{ tag: null, children: [] }];
  const top = () => frames.at(-1) as Frame;
  let run: Node[] = [];
  const flush = () => {
    top().children.push(...(top().tag ? withHead(run) : paragraphOf(run)));
    run = [];
  };
  for (const block of blocks) {
    if (block.type !== 'paragraph' || !block.children?.some((child) => tagOf(child)?.name === 'details')) {
      const isHead = block.type === 'paragraph' && top().tag !== null;
      top().children.push(...(isHead ? withHead(block.children ?? []) : [block]));
      continue;
    }
    for (const child of block.children) {
      const tag = tagOf(child);
      if (tag?.name !== 'details' || frames.length === (tag.isEnd ? 1 : foldsMax)) run.push(child);
      else if (tag.isEnd) {
        flush();
        const { children } = frames.pop() as Frame;
        top().children.push(element('details', children));
      } else {
        flush();
        frames.push({ tag: child, children: [] });
      }
    }
    flush();
  }
  return unwound(frames);
}

function unwound(frames: readonly Frame[]): Node[] {
  return frames.flatMap(({ tag, children }) =>
    tag ? [...paragraphOf([tag]), ...children.map(withoutHead)] : children,
  );
}

function withoutHead(node: Node): Node {
  if (node.type !== 'summary') return node;
  const tag = (value: string): Node => ({ type: 'html', value });
  return { type: 'paragraph', children: [tag('<summary>'), ...(node.children ?? []), tag('</summary>')] };
}

/** A paragraph of a fold. If it has the fold's head in it, the head gets an element of its own. */
function withHead(run: readonly Node[]): Node[] {
  const nodes = nested(run, ['summary']);
  const at = nodes.findIndex(({ type }) => type === 'summary');
  if (at < 0) return paragraphOf(run);
  const head = nodes[at] as Node;
  head.children = nested(head.children ?? [], inHead);
  return [...paragraphOf(nodes.slice(0, at)), head, ...paragraphOf(nodes.slice(at + 1))];
}

function paragraphOf(run: readonly Node[]): Node[] {
  const isBlank = (node: Node) => node.type === 'break' || (node.type === 'text' && !node.value?.trim());
  const from = run.findIndex((node) => !isBlank(node));
  return from < 0
    ? []
    : [{ type: 'paragraph', children: run.slice(from, run.findLastIndex((node) => !isBlank(node)) + 1) }];
}
