import { afterEach, expect, test } from 'vitest';
import { recall } from '../../../ui/browser/memory.ts';
import { asAsked } from './arrangement.ts';
import { KeptArrangements, keptMost, toldArrangement, toldMost } from './kept-arrangements.ts';

afterEach(() => {
  localStorage.clear();
  history.replaceState(null, '', '/');
});

test('an arrangement is kept for its member and its conversation, without the focus', () => {
  const kept = new KeptArrangements('ada');
  kept.write('c1', { order: ['b', 'a'], folded: ['c'], focused: 'b' });
  expect(kept.read('c1')).toEqual({ order: ['b', 'a'], folded: ['c'], focused: null });
  expect(kept.read('c2')).toEqual(asAsked);
  expect(new KeptArrangements('eve').read('c1')).toEqual(asAsked);
});

test('only the arrangements that were changed last are kept, and none for a conversation whose lanes are as asked', () => {
  const kept = new KeptArrangements('ada');
  for (let at = 0; at <= keptMost; at++) kept.write(`c${at}`, { ...asAsked, order: ['b', 'a'] });
  expect(kept.read('c0')).toEqual(asAsked);
  expect(kept.read('c1').order).toEqual(['b', 'a']);
  kept.write('c1', asAsked);
  expect(localStorage.getItem('lanes:ada')).not.toContain('"c1"');
});

test('the page of a conversation tells the server of its arrangement, and no other page does', () => {
  const kept = new KeptArrangements('ada');
  const told = (conversationId: string) => {
    history.replaceState(null, '', `/c/${conversationId}`);
    return toldArrangement(recall(document.cookie, 'lanes')?.ids ?? []);
  };
  for (let at = 0; at <= toldMost; at++) kept.write(`c${at}`, { order: ['b', 'a'], folded: ['c'], focused: 'b' });
  expect(told(`c${toldMost}`)).toEqual({ order: ['b', 'a'], folded: ['c'], focused: null });
  expect(told('c1')).toEqual({ order: ['b', 'a'], folded: ['c'], focused: null });
  expect(told('c0')).toBeNull();
  expect(told('other')).toBeNull();
  kept.write('c1', { order: [], folded: ['c'], focused: null });
  expect(told('c1')).toEqual({ order: [], folded: ['c'], focused: null });
  kept.write('c1', asAsked);
  expect(told('c1')).toBeNull();
  kept.write('c2', { order: ['long'.repeat(1000)], folded: [], focused: null });
  expect(told('c2')).toBeNull();
});

test('what is not an arrangement is left out', () => {
  localStorage.setItem('lanes:ada', '[["c1",["a"],[1]],["c2",["b"],[]],7]');
  expect(new KeptArrangements('ada').read('c1')).toEqual(asAsked);
  expect(new KeptArrangements('ada').read('c2').order).toEqual(['b']);
  localStorage.setItem('lanes:ada', 'not JSON');
  expect(new KeptArrangements('ada').read('c2')).toEqual(asAsked);
});
