import { expect, test } from 'vitest';
import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { drawnParts } from './drawn-parts.ts';

type Part = ResponseFieldsFragment['parts'][number];

const text = (index: number, offset: number): Part => ({ __typename: 'TextPart', index, offset });
const reasoning = (index: number, offset: number): Part => ({ __typename: 'ReasoningPart', index, offset });

test('the text of a part ends where the next part of its kind begins', () => {
  const parts = [reasoning(0, 0), text(1, 0), reasoning(2, 3), text(3, 4)];
  expect(drawnParts({ parts, text: 'One.Two.', reasoning: 'Hm.Ah.' })).toEqual([
    { index: 0, kind: 'reasoning', text: 'Hm.' },
    { index: 1, kind: 'text', text: 'One.' },
    { index: 2, kind: 'reasoning', text: 'Ah.' },
    { index: 3, kind: 'text', text: 'Two.' },
  ]);
});

test('a part that the server does not know is named by the server’s word for it', () => {
  const hologram: Part = { __typename: 'OtherPart', index: 0, kind: 'tool_result' };
  expect(drawnParts({ parts: [hologram, text(1, 0)], text: 'See above.', reasoning: '' })).toEqual([
    { index: 0, kind: 'other', name: 'tool result' },
    { index: 1, kind: 'text', text: 'See above.' },
  ]);
});

test('a part of a type newer than the page is named by its type', () => {
  const later = { __typename: 'StarMapPart', index: 1 } as unknown as Part;
  expect(drawnParts({ parts: [text(0, 0), later], text: 'Let me see.', reasoning: '' })).toEqual([
    { index: 0, kind: 'text', text: 'Let me see.' },
    { index: 1, kind: 'other', name: 'star map' },
  ]);
});

test('a part whose text has not arrived is not drawn', () => {
  expect(drawnParts({ parts: [text(0, 0), reasoning(1, 0), text(2, 5)], text: 'Four.', reasoning: '' })).toEqual([
    { index: 0, kind: 'text', text: 'Four.' },
  ]);
});

test('calls of tools stand in their place, and are numbered', () => {
  const call = (index: number): Part => ({
    ...{ __typename: 'ToolCallPart', index, id: `call-${index}`, name: 'calculator', toolId: 'calculator' },
    ...{ status: 'DONE', durationMs: 1, creditsCharged: 0 },
  });
  const parts = [text(0, 0), call(1), call(2), text(3, 4)];
  expect(drawnParts({ parts, text: 'One.Two.', reasoning: '' })).toEqual([
    { index: 0, kind: 'text', text: 'One.' },
    { index: 1, kind: 'toolCall', call: call(1), number: 1 },
    { index: 2, kind: 'toolCall', call: call(2), number: 2 },
    { index: 3, kind: 'text', text: 'Two.' },
  ]);
});
