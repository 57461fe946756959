import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContextRequest, type FittedContext, fitContext } from '../../src/domain/asking/context-window.ts';
import type { StoredMessage } from '../../src/domain/ground/stored-files.ts';
import { inputTokensMax } from '../../src/domain/ground/tokens.ts';
import { type ModelMessage, textMessage } from '../../src/ports/language-model.ts';

const request: ContextRequest = {
  system: 'Answer briefly.',
  turns: [
    { prompt: 'What is the capital of France?', answer: 'Paris.' },
    { prompt: 'And of Spain?', answer: 'Madrid.' },
  ],
  prompt: 'And of Portugal?',
  contextWindow: 10_000,
  maxOutputTokens: 1_000,
};

function textOf({ parts }: StoredMessage): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function fitted(changes: Partial<ContextRequest> = {}): Extract<FittedContext, { tooLong: false }> {
  const context = fitContext({ ...request, ...changes });
  if (context.tooLong) throw new Error('It should have fitted');
  return context;
}

const filler = 'The quick brown fox jumps over the lazy dog. '.repeat(20);

const anyText = fc.oneof(
  fc.string({ minLength: 1, maxLength: 400 }).map((text) => `x${text}`),
  fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }).map((text) => `x${text}`),
);
const anyRequest: fc.Arbitrary<ContextRequest> = fc.record({
  system: fc.option(anyText),
  turns: fc.array(fc.record({ prompt: anyText, answer: fc.option(fc.oneof(anyText, fc.constantFrom('', ' \n'))) })),
  prompt: anyText,
  contextWindow: fc.integer({ min: 1, max: 5_000 }),
  maxOutputTokens: fc.integer({ min: 1, max: 3_000 }),
});

describe('fitContext', () => {
  it('sends the whole conversation, oldest turn first, if it fits', () => {
    expect(fitted().messages).toEqual([
      textMessage('user', 'What is the capital of France?'),
      textMessage('assistant', 'Paris.'),
      textMessage('user', 'And of Spain?'),
      textMessage('assistant', 'Madrid.'),
      textMessage('user', 'And of Portugal?'),
    ]);
    expect(fitted().dropped).toBe(0);
  });

  it('bounds the input by the messages that it sends', () => {
    const { messages, inputTokens, inputTokensMax: bound } = fitted();
    expect(bound).toBe(inputTokensMax(request.system, messages as ModelMessage[]));
    expect(inputTokens).toBeLessThan(bound);
  });

  it('joins the prompt of an unanswered turn with the next prompt', () => {
    const turns = [
      { prompt: 'First.', answer: null },
      { prompt: 'Second.', answer: ' \n' },
    ];
    expect(fitted({ turns, prompt: 'Third.' }).messages).toEqual([textMessage('user', 'First.\n\nSecond.\n\nThird.')]);
  });

  it('drops the oldest turns first and counts them', () => {
    const turns = Array.from({ length: 50 }, (_, index) => ({ prompt: `Turn ${index}. ${filler}`, answer: filler }));
    const { messages, dropped } = fitted({ turns });
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(50);
    expect(messages.map(textOf)[0]).toContain(`Turn ${dropped}. `);
    expect(messages).toHaveLength((50 - dropped) * 2 + 1);
  });

  it('uses more than half of the window for English text', () => {
    const turns = Array.from({ length: 400 }, () => ({ prompt: filler, answer: filler }));
    const { messages } = fitted({ turns, contextWindow: 100_000 });
    const words = messages.reduce((sum, message) => sum + textOf(message).split(' ').length, 0);
    // A word of this text has about 1.1 tokens.
    expect(words * 1.1).toBeGreaterThan(99_000 / 2);
  });

  it('refuses a prompt that does not fit by itself, and reports the numbers of tokens', () => {
    const context = fitContext({ ...request, prompt: filler.repeat(100) });
    expect(context).toEqual({ tooLong: true, inputTokens: expect.any(Number), inputTokensAllowed: 9_000 });
    expect(context.inputTokens).toBeGreaterThan(9_000);
  });

  it('keeps half of a small window for the input, however long the answer may be', () => {
    expect(fitted({ contextWindow: 8_192, maxOutputTokens: 8_192 }).maxOutputTokens).toBe(4_096);
    expect(fitted({ contextWindow: 8_192, maxOutputTokens: 1_000 }).maxOutputTokens).toBe(1_000);
  });

  it('never exceeds the window, keeps the new prompt and the newest turns in order, and alternates roles', () => {
    fc.assert(
      fc.property(anyRequest, (any) => {
        const context = fitContext(any);
        if (context.tooLong) {
          expect(context.inputTokens).toBeGreaterThan(context.inputTokensAllowed);
          return;
        }
        const { messages, dropped, inputTokens, maxOutputTokens } = context;
        expect(inputTokens + maxOutputTokens).toBeLessThanOrEqual(any.contextWindow);
        expect(maxOutputTokens).toBeLessThanOrEqual(any.maxOutputTokens);
        expect(messages.map((message) => message.role)).toEqual(
          messages.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
        );
        expect(messages.length % 2).toBe(1);
        expect(messages.map(textOf).at(-1)?.endsWith(any.prompt)).toBe(true);
        expect(messages.every((message) => textOf(message).trim() !== '')).toBe(true);
        const kept = any.turns
          .slice(dropped)
          .flatMap(({ prompt, answer }) => (answer?.trim() ? [prompt, answer] : [prompt]));
        expect(messages.map(textOf).join('\n\n')).toBe([...kept, any.prompt].join('\n\n'));
      }),
      { numRuns: 300 },
    );
  });

  it('drops a turn only if it would not have fitted', () => {
    fc.assert(
      fc.property(anyRequest, (any) => {
        const context = fitContext(any);
        if (context.tooLong || context.dropped === 0) return;
        const next = any.turns.slice(context.dropped - 1);
        const wide = fitContext({ ...any, turns: next, contextWindow: 1_000_000 });
        expect(wide.inputTokens + context.maxOutputTokens).toBeGreaterThan(any.contextWindow);
      }),
    );
  });
});
