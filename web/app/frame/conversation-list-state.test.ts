import { expect, test } from 'vitest';
import {
  type ConversationItem,
  everything,
  initialList,
  isStale,
  itemsInFolder,
  type ListEvent,
  type ListState,
  listedItems,
  listPage,
  reduceList,
} from './conversation-list-state.ts';

const item = (id: string, fields: Partial<ConversationItem> = {}): ConversationItem => ({
  ...{ id, title: id, pinned: false, archived: false, updatedAt: '2026-01-01T00:00:00.000Z', folder: null },
  ...fields,
});
const connection = (ids: string[], endCursor: string | null = null) => ({
  edges: ids.map((id) => ({ node: item(id) })),
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
});
const after = (state: ListState, ...events: ListEvent[]) => events.reduce(reduceList, state);
const idsOf = (state: ListState) => listedItems(state).map(({ id }) => id);
const zebras = { search: 'zebras', archived: false };

test('the next page follows the first, with a new cursor', () => {
  const state = after(
    initialList(connection(['a', 'b'], 'b')),
    { type: 'asked' },
    { type: 'answered', question: 1, page: listPage(connection(['c'], 'c'), everything), isNext: true },
  );
  expect(idsOf(state)).toEqual(['a', 'b', 'c']);
  expect(state).toMatchObject({ page: { cursor: 'c' }, progress: 'done' });
});

test('the list stays until its search is answered, and an overtaken answer changes nothing', () => {
  const searched = after(initialList(connection(['a'])), { type: 'filterChanged', filter: zebras }, { type: 'asked' });
  expect(isStale(searched)).toBe(true);
  const answer = { type: 'answered', page: listPage(connection(['z']), zebras), isNext: false } as const;
  expect(reduceList(searched, { ...answer, question: searched.question - 1 })).toBe(searched);
  expect(reduceList(searched, { type: 'unanswered', question: searched.question - 1 })).toBe(searched);
  const found = reduceList(searched, { ...answer, question: searched.question });
  expect(idsOf(found)).toEqual(['z']);
  expect(isStale(found)).toBe(false);
  expect(reduceList(searched, { type: 'unanswered', question: searched.question }).progress).toBe('failed');
});

test('a refresh from before a change or another question is ignored', () => {
  const list = initialList(connection(['a', 'b']));
  const refreshed = {
    type: 'refreshed',
    question: 0,
    changes: 0,
    page: listPage(connection(['b']), everything),
  } as const;
  expect(idsOf(reduceList(list, refreshed))).toEqual(['b']);
  for (const change of [{ type: 'touched', item: item('c') }, { type: 'asked' }] as ListEvent[]) {
    const changed = reduceList(list, change);
    expect(reduceList(changed, refreshed)).toBe(changed);
  }
});

test('a continued conversation moves to the top and is listed once', () => {
  const state = after(initialList(connection(['a', 'b'])), { type: 'touched', item: item('b', { title: 'B' }) });
  expect(listedItems(state).map(({ title }) => title)).toEqual(['B', 'a']);
});

test('an archived conversation leaves the list but no search, and a removed one leaves both until it is restored', () => {
  const archived = { type: 'changed', id: 'a', fields: { archived: true } } as const;
  const list = reduceList(initialList(connection(['a', 'b'])), archived);
  expect(idsOf(list)).toEqual(['b']);
  const search = after(
    list,
    { type: 'asked' },
    { type: 'answered', question: 1, page: listPage(connection(['a', 'b']), zebras), isNext: false },
    archived,
  );
  expect(idsOf(search)).toEqual(['a', 'b']);
  const removed = reduceList(search, { type: 'removed', id: 'a' });
  expect(idsOf(removed)).toEqual(['b']);
  expect(idsOf(reduceList(removed, { type: 'restored', id: 'a' }))).toEqual(['a', 'b']);
});

const work = { id: 'w', name: 'Work' };
const idsIn = (state: ListState, folderId: string) => itemsInFolder(state, folderId).map(({ id }) => id);
const at = (hour: number) => `2026-01-01T0${hour}:00:00.000Z`;

test('a conversation that is moved leaves the list for its folder, stands there by its time, and comes back', () => {
  const list = after(
    initialList(connection(['a', 'b']), [
      item('old', { folder: work, updatedAt: at(0) }),
      item('new', { folder: work, updatedAt: at(3) }),
    ]),
    { type: 'placed', item: item('b', { folder: work, updatedAt: at(1) }) },
  );
  expect(idsOf(list)).toEqual(['a']);
  expect(idsIn(list, 'w')).toEqual(['new', 'b', 'old']);
  const back = reduceList(list, { type: 'placed', item: item('b', { updatedAt: at(1) }) });
  expect(idsOf(back)).toEqual(['b', 'a']);
  expect(idsIn(back, 'w')).toEqual(['new', 'old']);
});

test('a pinned conversation of a folder is listed with the other pinned ones too, and an archived one nowhere', () => {
  const list = initialList(connection(['a']), [item('p', { folder: work, pinned: true })]);
  expect(idsOf(list)).toEqual(['a', 'p']);
  expect(idsIn(list, 'w')).toEqual(['p']);
  const archived = reduceList(list, { type: 'changed', id: 'p', fields: { archived: true } });
  expect([...idsOf(archived), ...idsIn(archived, 'w')]).toEqual(['a']);
});

test('a folder that is loaded anew loses what is no longer in it, and its next page is added once', () => {
  const filed = (ids: string[], isNext: boolean): ListEvent => ({
    ...{ type: 'filed', folderId: 'w', isNext },
    items: ids.map((id) => item(id, { folder: work })),
  });
  const pages = after(initialList(connection(['a'])), filed(['b', 'c'], false), filed(['c', 'd'], true));
  expect(idsIn(pages, 'w').sort()).toEqual(['b', 'c', 'd']);
  expect(idsIn(reduceList(pages, filed(['c'], false)), 'w')).toEqual(['c']);
});

test('what is in folders is known while the list shows a search, and after it', () => {
  const list = after(
    initialList(connection(['a']), [item('b', { folder: work })]),
    { type: 'asked' },
    { type: 'answered', question: 1, page: listPage(connection(['z']), zebras), isNext: false },
    { type: 'touched', item: item('z', { folder: work }) },
  );
  expect(idsOf(list)).toEqual(['z']);
  expect(idsIn(list, 'w').sort()).toEqual(['b', 'z']);
  const whole = after(
    list,
    { type: 'asked' },
    { type: 'answered', question: 2, page: listPage(connection(['a']), everything), pinned: [], isNext: false },
  );
  expect(idsOf(whole)).toEqual(['a']);
  expect(idsIn(whole, 'w').sort()).toEqual(['b', 'z']);
});

test('a folder’s new name and its end reach its conversations', () => {
  const list = initialList(connection(['a']), [item('b', { folder: work })]);
  const renamed = reduceList(list, { type: 'folderChanged', id: 'w', folder: { id: 'w', name: 'Play' } });
  expect(itemsInFolder(renamed, 'w')[0]?.folder?.name).toBe('Play');
  const gone = reduceList(renamed, { type: 'folderChanged', id: 'w', folder: null });
  expect(idsOf(gone).sort()).toEqual(['a', 'b']);
});

test('a title that comes from elsewhere is kept for a conversation outside the list, until it is changed here', () => {
  const told = after(
    initialList(connection(['a'])),
    { type: 'retitled', id: 'a', title: 'A' },
    { type: 'retitled', id: 'z', title: 'Z' },
  );
  expect(listedItems(told).map(({ title }) => title)).toEqual(['A']);
  expect(told.titles.get('z')).toBe('Z');
  expect(after(told, { type: 'changed', id: 'z', fields: { title: 'Mine' } }).titles.has('z')).toBe(false);
});
