/**
 * Gives each outermost block of an answer the direction of its first letter. The elements inside get no direction of their
 * own: they share the block's, a list's signs stand on its side, and the browser does not look for the first letter in an
 * element that has a direction of its own.
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
  /** Text between two elements has none. */
  properties?: Record<string, unknown>;
}
