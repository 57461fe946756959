/** What the parser makes of an answer, as far as the plugins here look into it (mdast). */
export interface Node {
  type: string;
  value?: string;
  children?: Node[];
  url?: string;
  title?: string | null;
  alt?: string | null;
  lang?: string | null;
  meta?: string | null;
  /** What it becomes in the page, where its type does not say it. */
  data?: { hName?: string; hProperties?: Record<string, unknown> };
}

/** Code in the line, in a language of ours by which the page knows what to draw: no answer can give code a class. */
export function drawnAs(language: string, value: string): Node {
  return { type: 'inlineCode', value, data: { hProperties: { className: [`language-${language}`] } } };
}
