/** A node of the parser's tree (mdast), with the fields that the plugins here use. */
export interface Node {
  type: string;
  value?: string;
  children?: Node[];
  url?: string;
  title?: string | null;
  alt?: string | null;
  lang?: string | null;
  meta?: string | null;
  /** The element that the node becomes in the page, and its attributes, if its type does not tell. */
  data?: { hName?: string; hProperties?: Record<string, unknown> };
}

/** Inline code whose language tells markdown.tsx what to draw. An answer cannot give inline code a language. */
export function drawnAs(language: string, value: string): Node {
  return { type: 'inlineCode', value, data: { hProperties: { className: [`language-${language}`] } } };
}
