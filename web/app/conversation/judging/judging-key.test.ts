import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Contestant } from './contestants.ts';
import { judgingAction, type PressedKey } from './judging-key.ts';

const contestantAt = (lane: number): Contestant => ({
  responseId: `r${lane}`,
  lane,
  letter: 'ABCDEFGHIJKL'[lane] ?? '',
  modelName: '',
});
const contestants = fc.uniqueArray(fc.nat(11), { minLength: 2, maxLength: 6 }).map((lanes) => lanes.map(contestantAt));
const focus = fc.record({
  inTextField: fc.boolean(),
  inEmptyPrompt: fc.boolean(),
  onControl: fc.boolean(),
  turn: fc.constantFrom('this' as const, 'other' as const, 'none' as const),
});
const pressed: fc.Arbitrary<PressedKey> = fc.record({
  key: fc.constantFrom('0', '1', '2', '9', '10', 't', 'T', 'b', 'B', 'Enter', 'a', ' ', 'Tab', 'Escape'),
  taken: fc.boolean(),
  focus,
});

test('no key is taken from a text field, from another turn, or from who has it already', () => {
  fc.assert(
    fc.property(pressed, contestants, fc.boolean(), (key, contestants, newest) => {
      const action = judgingAction(key, { contestants, newest });
      if (key.focus.inEmptyPrompt && key.key === 'Escape') return;
      if (key.taken || key.focus.inTextField || key.focus.turn === 'other') expect(action).toBeNull();
      if (key.focus.turn === 'none' && !newest) expect(action).toBeNull();
      if (key.key === 'Enter' && key.focus.onControl) expect(action).toBeNull();
    }),
  );
});

test('a digit picks the answer of that lane alone, if it is one to judge', () => {
  const free = { inTextField: false, inEmptyPrompt: false, onControl: false, turn: 'this' as const };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12 }), contestants, fc.boolean(), (digit, contestants, newest) => {
      const action = judgingAction({ key: String(digit), taken: false, focus: free }, { contestants, newest });
      const named = digit <= 9 && contestants.find(({ lane }) => lane === digit - 1);
      expect(action).toEqual(named ? { type: 'pick', pick: { kind: 'BEST', responseId: named.responseId } } : null);
    }),
  );
});

test('T is a tie, B says that all are bad, and Enter sends, from the page itself too if the turn is the newest', () => {
  const focus = { inTextField: false, inEmptyPrompt: false, onControl: false, turn: 'none' as const };
  const act = (key: string) =>
    judgingAction({ key, taken: false, focus }, { contestants: [contestantAt(0), contestantAt(1)], newest: true });
  expect(act('t')).toEqual({ type: 'pick', pick: { kind: 'TIE' } });
  expect(act('B')).toEqual({ type: 'pick', pick: { kind: 'ALL_BAD' } });
  expect(act('Enter')).toEqual({ type: 'send' });
});

test('Escape leads from an empty prompt to the newest turn, and from a prompt with letters nowhere', () => {
  const at = (inEmptyPrompt: boolean, newest: boolean) =>
    judgingAction(
      { key: 'Escape', taken: false, focus: { inTextField: true, inEmptyPrompt, onControl: false, turn: 'none' } },
      { contestants: [contestantAt(0), contestantAt(1)], newest },
    );
  expect(at(true, true)).toEqual({ type: 'enter' });
  expect([at(false, true), at(true, false)]).toEqual([null, null]);
});
