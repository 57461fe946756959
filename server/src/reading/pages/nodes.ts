/** What is used of a document's nodes. The types of browsers are not known here. */
export interface PageNode {
  /** 1: an element; 3: a text. */
  readonly nodeType: number;
  readonly nodeValue: string | null;
  readonly firstChild: PageNode | null;
  readonly nextSibling: PageNode | null;
  readonly parentNode: PageNode | null;
}

export interface PageElement extends PageNode {
  readonly localName: string;
  getAttribute(name: string): string | null;
}

export interface PageDocument extends PageNode {
  readonly documentElement: PageElement | null;
  readonly body: PageElement | null;
  readonly title: string;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

export function isElement(node: PageNode): node is PageElement {
  return node.nodeType === 1;
}

export interface Visitor {
  enter(node: PageNode): boolean;
  leave(node: PageNode): void;
}

/**
 * Visits what is below a node, however deep. `enter` says of each whether to go into it; `leave` follows for those that
 * were gone into.
 */
export function walk(root: PageNode, visitor: Visitor): void {
  let node: PageNode = root;
  for (;;) {
    const inner = visitor.enter(node) ? node.firstChild : undefined;
    if (inner) {
      node = inner;
      continue;
    }
    if (inner === null) visitor.leave(node);
    while (node !== root && !node.nextSibling) {
      node = node.parentNode ?? root;
      visitor.leave(node);
    }
    if (node === root || !node.nextSibling) return;
    node = node.nextSibling;
  }
}
