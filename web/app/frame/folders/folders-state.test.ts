import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FolderFieldsFragment } from '../../graphql/generated/graphql.ts';
import {
  type ConversationItem,
  initialList,
  itemsInFolder,
  type ListEvent,
  type ListState,
  reduceList,
} from '../conversation-list-state.ts';
import { type FoldersEvent, type FoldersState, moveIn, reduceFolders } from './folders-state.ts';

const folder = (id: string, conversationCount = 0): FolderFieldsFragment => ({
  ...{ id, name: id, conversationCount, preset: null },
});
const none: FoldersState = { folders: [folder('a', 1), folder('b')], open: [], pages: new Map(), changes: 0 };
const after = (...events: FoldersEvent[]) => events.reduce(reduceFolders, none);
const conversation = (id: string, folderId: string | null): ConversationItem => ({
  ...{ id, title: id, pinned: false, archived: false, updatedAt: '2026-01-01T00:00:00.000Z' },
  folder: folderId === null ? null : { id: folderId, name: folderId },
});
const listOf = (items: ConversationItem[]): ListState =>
  initialList({ edges: items.map((node) => ({ node })), pageInfo: { hasNextPage: false, endCursor: null } });

test('a folder that is saved stands by its name, and one that is deleted leaves nothing', () => {
  const named = after({ type: 'saved', folder: { ...folder('c'), name: 'Aardvark' } });
  expect(named.folders.map(({ name }) => name)).toEqual(['a', 'Aardvark', 'b']);
  const gone = after(
    { type: 'toggled', id: 'a' },
    { type: 'asked', id: 'a', isQuiet: false },
    { type: 'deleted', id: 'a' },
  );
  expect(gone).toMatchObject({ folders: [{ id: 'b' }], open: [], pages: new Map() });
});

test('only the last question about a folder is answered, and a quiet one that fails leaves no trace', () => {
  const asked: FoldersEvent = { type: 'asked', id: 'a', isQuiet: false };
  const twice = after(asked, asked);
  expect(reduceFolders(twice, { type: 'answered', id: 'a', question: 1, cursor: 'x' })).toBe(twice);
  const answered = reduceFolders(twice, { type: 'answered', id: 'a', question: 2, cursor: 'x' });
  expect(answered.pages.get('a')).toMatchObject({ cursor: 'x', progress: 'done' });
  const quiet = reduceFolders(answered, { type: 'asked', id: 'a', isQuiet: true });
  expect(reduceFolders(quiet, { type: 'unanswered', id: 'a', question: 3, isQuiet: true })).toBe(quiet);
  expect(quiet.pages.get('a')).toMatchObject({ cursor: 'x', progress: 'done' });
});

test('folders that were loaded before a change here are not taken, and closed ones are to be loaded anew', () => {
  const moved = after({ type: 'moved', from: 'a', to: 'b' });
  expect(moved.folders.map((one) => one.conversationCount)).toEqual([0, 1]);
  expect(reduceFolders(moved, { type: 'loaded', folders: [folder('a', 1)], changes: 0 })).toBe(moved);
  const asked = after(
    { type: 'toggled', id: 'a' },
    ...['a', 'b'].map((id) => ({ type: 'asked', id, isQuiet: true }) as const),
  );
  const loaded = reduceFolders(asked, { type: 'loaded', folders: [folder('a'), folder('b')], changes: 0 });
  expect([...loaded.pages.keys()]).toEqual(['a']);
});

test('a folder counts as many conversations as it lists, whatever is moved, archived, deleted and restored', () => {
  const id = fc.constantFrom('1', '2', '3', '4');
  const folderId = fc.constantFrom('a', 'b', null);
  const step = fc.oneof(
    fc.record({ type: fc.constant('changed' as const), id, archived: fc.boolean() }),
    fc.record({ type: fc.constantFrom('removed' as const, 'restored' as const), id }),
    fc.record({ type: fc.constant('move' as const), id, folderId }),
  );
  fc.assert(
    fc.property(fc.array(folderId, { minLength: 4, maxLength: 4 }), fc.array(step), (places, steps) => {
      let list = listOf(places.map((place, at) => conversation(String(at + 1), place)));
      const counts = (one: string) => itemsInFolder(list, one).length;
      let folders: FoldersState = { ...none, folders: ['a', 'b'].map((one) => folder(one, counts(one))) };
      for (const one of steps) {
        const known = list.page.items.find((item) => item.id === one.id) as ConversationItem;
        // What is archived or removed has no row that could be moved.
        if (one.type === 'move' && (known.archived || list.removed.has(one.id))) continue;
        const event: ListEvent =
          one.type === 'move'
            ? { type: 'placed', item: conversation(one.id, one.folderId) }
            : one.type === 'changed'
              ? { type: 'changed', id: one.id, fields: { archived: one.archived } }
              : { type: one.type, id: one.id };
        const before = list;
        list = reduceList(before, event);
        const moved =
          one.type === 'move' ? { from: known.folder?.id ?? null, to: one.folderId } : moveIn(event, before, list);
        if (moved) folders = reduceFolders(folders, { type: 'moved', ...moved });
      }
      for (const { id: one, conversationCount } of folders.folders) expect(conversationCount).toBe(counts(one));
    }),
  );
});
