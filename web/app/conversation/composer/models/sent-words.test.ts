import { expect, test } from 'vitest';
import { sentWords } from './sent-words.ts';

const authors: Record<string, string> = { r1: 'One', r2: 'One', r3: 'Two' };
const words = (...history: [responseId: string | null, sent?: boolean][]) =>
  sentWords(
    history.map(([responseId, sent = true]) => ({ responseId, sent })),
    'One',
    (id) => authors[id] ?? null,
  );

test('what a model is sent is said in words', () => {
  expect(words()).toBe('no earlier prompt');
  expect(words(['r1'])).toBe('its own answer of the earlier prompt');
  expect(words(['r1'], ['r2'], ['elsewhere'])).toBe('its own answers of these 3 prompts');
  expect(words(['r1'], ['r3'], [null])).toBe('these 3 prompts, with answers of Two where it has none of its own');
  expect(words(['r1', false], ['r1', false], ['r2'])).toBe(
    'its own answer of the earlier prompt; 2 older prompts did not fit',
  );
});
