import { drawnAs, type Node } from './tree.ts';

const number = /\[(\d{1,3})\]/g;

/** Marks the numbers in brackets that may be citations. `Citation` looks up whether the answer has such a source. */
export function remarkCitations() {
  return (tree: Node): void => mark(tree);
}

function mark(node: Node): void {
  if (!node.children || node.type === 'link' || node.type === 'linkReference') return;
  for (const child of node.children) mark(child);
  if (node.children.some(hasNumber))
    node.children = node.children.flatMap((child) => (hasNumber(child) ? marked(child) : [child]));
}

function hasNumber({ type, value }: Node): boolean {
  return type === 'text' && value !== undefined && value.search(number) >= 0;
}

function marked({ value = '' }: Node): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const { index, 0: whole } of value.matchAll(number)) {
    if (index > at) nodes.push({ type: 'text', value: value.slice(at, index) });
    nodes.push(drawnAs('citation', whole));
    at = index + whole.length;
  }
  if (at < value.length) nodes.push({ type: 'text', value: value.slice(at) });
  return nodes;
}
