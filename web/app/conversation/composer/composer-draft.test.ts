import { beforeEach, expect, test, vi } from 'vitest';
import { ComposerDraft } from './composer-draft.ts';
import { draftsOf } from './drafts.ts';

const asked = { modelIds: ['a/1'], systemPrompt: '' };
const choice = { modelIds: ['a/2'], systemPrompt: 'Be brief.' };

beforeEach(() => sessionStorage.clear());

test('the draft of a new chat moves into its conversation, and the next new chat starts empty', () => {
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

test('a subscriber sees the same text throughout a move', () => {
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

test('a choice is kept only while the choice that it replaces is the same', () => {
  const draft = new ComposerDraft(draftsOf('ada'), 'c1');
  draft.keepChoice({ before: asked, choice });
  expect(draft.choiceAfter(asked)).toEqual(choice);
  const askedSince = { modelIds: ['a/3'], systemPrompt: '' };
  expect(draft.choiceAfter(askedSince)).toBe(askedSince);
  draft.keepChoice(null);
  expect(draft.choiceAfter(asked)).toBe(asked);
});

test('a conversation has the parameters that it was begun with, even if its page has gone by then', () => {
  const draft = new ComposerDraft(draftsOf('ada'), null);
  draft.keepParametersFor('c1', { maxOutputTokens: 77 });
  expect(draft.parameters).toEqual({});
  const begun = new ComposerDraft(draftsOf('ada'), 'c1');
  expect(begun.parameters).toEqual({ maxOutputTokens: 77 });
  begun.keepParameters({ maxOutputTokens: null });
  expect(begun.parameters).toEqual({});
});

test('the files of a draft move along with it, and are the same list until they change', () => {
  const file = { id: 'f', name: 'tides.pdf', mediaType: 'application/pdf', bytes: 9, pages: 2 };
  const draft = new ComposerDraft(draftsOf('ada'), null);
  draft.keepFiles([file]);
  expect(draft.files).toBe(draft.files);
  draft.moveTo('c1');
  expect(new ComposerDraft(draftsOf('ada'), 'c1').files).toEqual([file]);
  expect(new ComposerDraft(draftsOf('ada'), null).files).toEqual([]);
  draft.keepFiles([]);
  expect(draft.files).toEqual([]);
});
