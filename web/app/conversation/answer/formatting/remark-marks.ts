import { piecesOf, withoutMarks } from './marks.ts';
import { drawnAs, type Node } from './tree.ts';

/** Replaces marks by their content: formulas become code in the language `math`, all else text as it was written. */
export function remarkMarks() {
  return (tree: Node): void => resolve(tree);
}

function resolve(node: Node): void {
  for (const key of ['value', 'url', 'title', 'alt', 'lang', 'meta'] as const) {
    const text = node[key];
    if (typeof text === 'string' && (node.type !== 'text' || key !== 'value')) node[key] = plain(text, node);
  }
  if (!node.children) return;
  const children = node.children.flatMap((child) => (child.type === 'text' ? resolved(child.value ?? '') : [child]));
  for (const child of children) resolve(child);
  node.children =
    node.children === children ? children : children.flatMap((child) => (isParagraph(child) ? split(child) : [child]));
}

/** The value without marks. An address may be the link's text too, so that loses its marks with it. */
function plain(text: string, node: Node): string {
  const written = withoutMarks(text);
  if (written !== text && node.type === 'link') {
    for (const child of node.children ?? []) if (child.type === 'text') child.value = withoutMarks(child.value ?? '');
  }
  return written;
}

function resolved(text: string): Node[] {
  const nodes: Node[] = [];
  for (const piece of piecesOf(text)) {
    if (typeof piece !== 'string' && piece.kind !== 'verbatim') {
      const formula = drawnAs('math', piece.raw);
      nodes.push(piece.kind === 'formula' ? formula : { ...formula, type: 'inlineCode', meta: apart });
      continue;
    }
    const value = typeof piece === 'string' ? piece : piece.raw;
    const last = nodes.at(-1);
    if (last?.type === 'text') last.value += value;
    else nodes.push({ type: 'text', value });
  }
  return nodes;
}

const apart = 'apart';

function isParagraph(node: Node): boolean {
  return node.type === 'paragraph' && node.children?.some(isApart) === true;
}

function isApart(node: Node): boolean {
  return node.type === 'inlineCode' && node.meta === apart;
}

/** Splits a paragraph at formulas that stand apart, which become blocks. A stop behind such a formula stays with it. */
function split({ children = [] }: Node): Node[] {
  const blocks: Node[] = [];
  let run: Node[] = [];
  const flush = () => {
    const trimmed = withoutBlanks(run);
    if (trimmed.length > 0) blocks.push({ type: 'paragraph', children: trimmed });
    run = [];
  };
  for (const [index, child] of children.entries()) {
    if (!isApart(child)) {
      run.push(child);
      continue;
    }
    flush();
    blocks.push({ type: 'code', lang: 'math', meta: null, value: withStop(child.value ?? '', children[index + 1]) });
  }
  flush();
  return blocks;
}

function withStop(raw: string, next: Node | undefined): string {
  const [, stop, rest = ''] = /^([.,;:])(\s[\s\S]*|)$/.exec(next?.type === 'text' ? (next.value ?? '') : '') ?? [];
  const closing = /(?:\\\]|\$\$)$/.exec(raw)?.[0];
  if (!next || !stop || !closing) return raw;
  next.value = rest;
  return `${raw.slice(0, -2)} ${stop}${closing}`;
}

/** The nodes without breaks and blanks at either end. */
function withoutBlanks(nodes: readonly Node[]): Node[] {
  const kept = [...nodes];
  const isBlank = (node: Node | undefined) =>
    node !== undefined && (node.type === 'break' || (node.type === 'text' && !node.value?.trim()));
  while (isBlank(kept[0])) kept.shift();
  while (isBlank(kept.at(-1))) kept.pop();
  return kept;
}
