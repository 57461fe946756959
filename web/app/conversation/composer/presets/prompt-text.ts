/** A piece of a preset's prompt. All sources together are the text. */
export type PromptPiece =
  | { kind: 'text'; source: string }
  | {
      kind: 'variable';
      source: string;
      name: string;
      /** What is filled in unless the member says otherwise; empty: nothing. */
      standard: string;
    };

/** A field of the form in which a prompt's variables are filled in. */
export interface Variable {
  name: string;
  standard: string;
}

/** A name has no braces, colons or line breaks; a default no braces or line breaks. Anything else in braces is text. */
const variable = /\{\{([^{}:\n]{1,60})(?::([^{}\n]*))?\}\}/g;

/** Divides a prompt at its variables, `{{name}}` or `{{name:default}}`. */
export function piecesOf(text: string): PromptPiece[] {
  const pieces: PromptPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(variable)) {
    const [source, name = '', standard = ''] = match;
    if (name.trim() === '') continue;
    if (match.index > end) pieces.push({ kind: 'text', source: text.slice(end, match.index) });
    pieces.push({ kind: 'variable', source, name: name.trim(), standard: standard.trim() });
    end = match.index + source.length;
  }
  if (end < text.length) pieces.push({ kind: 'text', source: text.slice(end) });
  return pieces;
}

/** The variables in the order in which they first appear, each once, with the first default that is given. */
export function variablesOf(text: string): Variable[] {
  const standards = new Map<string, string>();
  for (const piece of piecesOf(text)) {
    if (piece.kind === 'variable') standards.set(piece.name, standards.get(piece.name) || piece.standard);
  }
  return [...standards].map(([name, standard]) => ({ name, standard }));
}

/** The prompt with its variables filled in. A value is text: what looks like a variable in it stays as it is. */
export function filled(text: string, values: ReadonlyMap<string, string>): string {
  return piecesOf(text)
    .map((piece) => (piece.kind === 'text' ? piece.source : (values.get(piece.name) ?? piece.source)))
    .join('');
}
