import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importedPrompts } from '../../src/domain/evaluating/prompt-import.ts';

const cell = fc.string({ unit: fc.constantFrom('a', 'B', ' ', ',', ';', '"', '\n', 'é', '🔥', '='), maxLength: 12 });
const row = fc.record({
  prompt: cell.filter((text) => text.trim() !== ''),
  reference: cell,
  topic: fc.constantFrom('', 'law', 'code review'),
});

describe('pasted prompts', () => {
  it('are read from CSV as a program wrote them, whatever they contain', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.constantFrom(',', ';', '\t'), (rows, separator) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const lines = rows.map(({ prompt, reference, topic }) =>
          [prompt, reference, topic].map(quoted).join(separator),
        );
        const text = [['Prompt', 'reference', 'TOPIC'].join(separator), ...lines].join('\r\n');
        expect(importedPrompts(text, 'CSV')).toEqual(
          rows.map(({ prompt, reference, topic }) => ({
            prompt,
            reference: reference.trim() === '' ? null : reference,
            topic: topic === '' ? null : topic,
          })),
        );
      }),
    );
  });

  it('are read from JSONL as a program wrote them, whatever they contain', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
        const text = rows.map((one) => JSON.stringify(one)).join('\n\n');
        expect(importedPrompts(text, 'JSONL').map(({ prompt }) => prompt)).toEqual(rows.map(({ prompt }) => prompt));
      }),
    );
  });

  it('of any text whatsoever are read, or refused with an error that names the line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('CSV', 'JSONL'), (text, format) => {
        try {
          for (const { prompt } of importedPrompts(text, format as 'CSV')) expect(prompt.trim()).not.toBe('');
        } catch (error) {
          expect((error as Error).name).toBe('InvalidInputError');
          expect((error as Error).message).toMatch(/^(Line \d+: |There is no prompt)/);
        }
      }),
    );
  });

  it.each([
    ['CSV', 'prompt,answer\nWhy?,Because', /Line 1: .*columns/],
    ['CSV', `prompt,topic\nWhy?,${'İ'.repeat(80)}`, /Line 2: A topic has at most 80 characters/],
    ['CSV', 'prompt,topic\nWhy?,law\n ,law', /Line 3: the prompt is empty/],
    ['CSV', 'prompt\n"one\ntwo"\n"three', /Line 4: a quote is opened/],
    ['CSV', 'prompt\nWhy?,Because', /Line 2: there are 2 fields/],
    ['JSONL', '{"prompt":"Why?"}\n\n{"prompt":1}', /Line 3: prompt is a text/],
    ['JSONL', '{"prompt":"Why?"}\nprompt', /Line 2: this is not JSON/],
    ['JSONL', '["Why?"]', /Line 1: each line is an object/],
  ] as const)('in %s with a mistake are refused by their line: %j', (format, text, message) => {
    expect(() => importedPrompts(text, format)).toThrow(message);
  });
});
