import { type ModelRequest, textOf } from '../../ports/language-model.ts';

/**
 * What a mock model says when it is asked to judge two answers (its system prompt ends in the verdicts that it may give):
 * the shorter one is better. Null: it is asked something else.
 */
export function verdictOf({ system, messages }: ModelRequest): string | null {
  if (!system?.endsWith('VERDICT: A\nVERDICT: B\nVERDICT: TIE')) return null;
  const last = messages.at(-1);
  const asked = last ? textOf(last) : '';
  const [a, b] = ['A', 'B'].map((letter) => answerOf(asked, letter));
  if (a === undefined || b === undefined) return null;
  const letter = a.length === b.length ? 'TIE' : a.length < b.length ? 'A' : 'B';
  return `I prefer the shorter answer.\n\nVERDICT: ${letter}`;
}

/** The answer between its two marks. */
function answerOf(asked: string, letter: string): string | undefined {
  const begin = asked.indexOf(` ANSWER ${letter}\n`);
  const end = asked.indexOf(` end of ANSWER ${letter}`, begin);
  return begin === -1 || end === -1 ? undefined : asked.slice(begin, end);
}
