import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLiveResponses } from '../../src/domain/answering/live-responses.ts';

test('live responses and readers are a crowd exactly while they number 64 or more', () => {
  const step = fc.record({ what: fc.constantFrom('response', 'reader'), comes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const live = createLiveResponses();
      const leave: Record<string, (() => void)[]> = { response: [], reader: [] };
      const count = () => Object.values(leave).flat().length;
      const look = () => expect(live.isCrowded).toBe(count() >= 64);
      const come = (what: string, number: number) => {
        const turnId = `turn ${number % 7}`;
        if (what === 'reader') return leave.reader?.push(live.watch(turnId, { note() {} }));
        const of = { turnId, conversationId: 'c', userId: 'u', lane: 0, modelId: 'm', ofNewTurn: true };
        const response = live.open({ id: `response ${number}`, ...of });
        return leave.response?.push(() => live.close(response, 'final'));
      };
      // The count begins just below the limit.
      for (let number = 0; number < 60; number++) come(number % 2 === 0 ? 'reader' : 'response', number);
      for (const [index, { what, comes }] of steps.entries()) {
        if (comes) come(what, 60 + index);
        else leave[what]?.shift()?.();
        look();
      }
      for (const one of Object.values(leave).flat()) one();
      expect(live.isCrowded).toBe(false);
      expect([live.size, live.isFollowed]).toEqual([0, false]);
    }),
  );
});

test('half a character from a failed attempt does not become part of the next attempt', () => {
  const of = { turnId: 't', conversationId: 'c', userId: 'u', lane: 0, modelId: 'm', ofNewTurn: true };
  const response = createLiveResponses().open({ id: 'r', ...of });
  response.append({ type: 'text', text: '\ud83d' });
  expect(response.hasCharacters).toBe(false);
  response.forgetHalf();
  response.append({ type: 'text', text: 'Hello' });
  response.endText();
  expect(response.text.toString()).toBe('Hello');
});
