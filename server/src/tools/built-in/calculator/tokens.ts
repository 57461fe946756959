import { CalculationError } from './calculation-error.ts';

export interface Token {
  kind: 'number' | 'name' | 'sign' | 'end';
  text: string;
  /** In UTF-16 code units, from 0. */
  at: number;
}

const sameSigns: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '×': '*',
    '·': '*',
    '÷': '/',
    '−': '-',
    '–': '-',
    '**': '^',
    π: 'pi',
  }),
);

/** @throws CalculationError */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z_0-9]*|π)|(\*\*|[-+*/^%!(),×·÷−–]))/y;
  let at = 0;
  while (at < source.length) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (!found) break;
    const [all, number, name, sign = ''] = found;
    at += all.length;
    const told = number ?? name ?? sign;
    const text = sameSigns.get(told) ?? told;
    tokens.push({ kind: number ? 'number' : name ? 'name' : 'sign', text, at: at - told.length });
  }
  const rest = source.slice(at);
  const strange = /\S/.exec(rest);
  if (strange) {
    const [character] = rest.slice(strange.index);
    throw new CalculationError(`The character ${character} at place ${at + strange.index + 1} has no meaning here.`);
  }
  tokens.push({ kind: 'end', text: 'the end', at: source.length });
  return tokens;
}
