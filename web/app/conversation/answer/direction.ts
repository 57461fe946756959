/**
 * Each block of an answer runs the way its first letter does. Only the outermost: what is inside runs with it, a list's
 * signs stand on its side, and the browser does not look into an element with a direction of its own.
 */
export function rehypeDirection() {
  return ({ children }: { children: Block[] }): void => {
    for (const { tagName, properties } of children) {
      if (properties && tagName !== 'pre') properties.dir = 'auto';
    }
  };
}

interface Block {
  tagName?: string;
  /** Elements have them; the text between two has none. */
  properties?: Record<string, unknown>;
}
