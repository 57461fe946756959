import { beforeEach, expect, test, vi } from 'vitest';
import { ComposerDraft } from './composer-draft.ts';
import { draftsOf } from './drafts.ts';

const asked = { modelIds: ['a/1'], systemPrompt: '' };
const choice = { modelIds: ['a/2'], systemPrompt: 'Be brief.' };

beforeEach(() => sessionStorage.clear());

test('the words of a new chat go along into its conversation, and none are left for the next new chat', () => {
  const draft = new ComposerDraft(draftsOf('ada'), null);
  draft.write('And a fish');
  draft.keepChoice({ before: asked, choice });
  draft.keepParameters({ temperature: 0.5 });
  draft.moveTo('c1');
  for (const same of [draft, new ComposerDraft(draftsOf('ada'), 'c1')]) {
    expect(same.text).toBe('And a fish');
    expect(same.choiceAfter(asked)).toEqual(choice);
    expect(same.parameters).toEqual({ temperature: 0.5 });
  }
  const next = new ComposerDraft(draftsOf('ada'), null);
  expect([next.text, next.choiceAfter(asked), next.parameters]).toEqual(['', asked, {}]);
});

test('whoever looks while the words move sees the same words at every moment', () => {
  const draft = new ComposerDraft(draftsOf('ada'), null);
  draft.write('And a fish');
  const seen = vi.fn();
  const end = draft.subscribe(() => seen(draft.text));
  draft.moveTo('c1');
  draft.moveTo('c1');
  end();
  expect(new Set(seen.mock.calls.flat())).toEqual(new Set(['And a fish']));
  draft.write('And a fish?');
  expect(new ComposerDraft(draftsOf('ada'), 'c1').text).toBe('And a fish?');
});

test('a choice is kept as long as it would replace the same one', () => {
  const draft = new ComposerDraft(draftsOf('ada'), 'c1');
  draft.keepChoice({ before: asked, choice });
  expect(draft.choiceAfter(asked)).toEqual(choice);
  const askedSince = { modelIds: ['a/3'], systemPrompt: '' };
  expect(draft.choiceAfter(askedSince)).toBe(askedSince);
  draft.keepChoice(null);
  expect(draft.choiceAfter(asked)).toBe(asked);
});

test('a conversation has the parameters that it was begun with, also when its page is gone by then', () => {
  const draft = new ComposerDraft(draftsOf('ada'), null);
  draft.keepParametersFor('c1', { maxOutputTokens: 77 });
  expect(draft.parameters).toEqual({});
  const begun = new ComposerDraft(draftsOf('ada'), 'c1');
  expect(begun.parameters).toEqual({ maxOutputTokens: 77 });
  begun.keepParameters({ maxOutputTokens: null });
  expect(begun.parameters).toEqual({});
});
