import { describe, expect, it } from 'vitest';
import type { FilePart, ModelMessage } from '../../../src/ports/language-model.ts';
import { imagesOfUser } from '../../../src/providers/answer-images.ts';
import { toContents } from '../../../src/providers/google/content.ts';

const image = (name: string): FilePart => ({ type: 'file', mediaType: 'image/png', data: 'AAAA', name });
const text = (said: string) => ({ type: 'text' as const, text: said });
const asked: ModelMessage = { role: 'user', parts: [text('Draw')] };
const answered = (...parts: ModelMessage['parts']): ModelMessage => ({ role: 'assistant', parts });
const line = text('[image made by the assistant]');

describe('images in the answers of a history', () => {
  it('become the next user’s, each with a line, and another line keeps its place', () => {
    const messages = [
      asked,
      answered(text('A:'), image('a'), image('b'), text('end')),
      asked,
      answered(image('c')),
      asked,
    ];
    expect(imagesOfUser(messages)).toEqual([
      asked,
      answered(text('A:\n\n[image]\n\n[image]\n\nend')),
      { role: 'user', parts: [line, image('a'), line, image('b'), text('Draw')] },
      answered(text('[image]')),
      { role: 'user', parts: [line, image('c'), text('Draw')] },
    ]);
  });

  it('leave messages without them as they are', () => {
    const messages = [{ ...asked, parts: [image('own'), text('Draw')] }, answered(text('A'), text('B')), asked];
    expect(imagesOfUser(messages)).toBe(messages);
  });

  const signed = (model: string) =>
    toContents([asked, answered(text('A'), image('a')), asked, answered(text('B')), asked], model).map(({ parts }) =>
      parts.map((part) => 'thoughtSignature' in part),
    );

  it.each([
    ['gemini-2.5-flash-image', [[false], [false, false], [false], [false], [false]]],
    ['gemini-3.8-flash', [[false], [false, true], [false], [false], [false]]],
    ['gemini-3-pro-image', [[false], [true, true], [false], [true], [false]]],
  ])('have for %s the signatures that it wants', (model, expected) => {
    expect(signed(model)).toEqual(expected);
  });
});
