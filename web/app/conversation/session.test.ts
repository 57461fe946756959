import { expect, test } from 'vitest';
import type { ConversationHeadFragment } from '../graphql/generated/graphql.ts';
import {
  addressOf,
  beginSession,
  continueSession,
  type Loaded,
  type Session,
  throughIn,
  withPrompt,
  withTitle,
} from './session.ts';

const head = (id: string, title = id) => ({ id, title }) as ConversationHeadFragment;
const newChat = (): Loaded => ({
  conversation: null,
  asked: [],
  blind: false,
  remembered: { models: null, payer: null, lanes: null },
});
const conversation = (id: string, through: string | null = null): Loaded => ({
  ...newChat(),
  conversation: { head: head(id), turns: [], earlier: null, later: null, writing: [], through, at: null },
});
const atNewChat = (key: string) => ({ id: undefined, key });
const at = (id: string, key = id) => ({ id, key });
const begunAs = (id: string): Session => withPrompt(beginSession(newChat(), atNewChat('k1')), head(id), null);

test('a new chat stays the same page when it becomes a conversation, and gets its address', () => {
  const begun = beginSession(newChat(), atNewChat('k1'));
  expect(addressOf(begun)).toBeNull();
  const taken = withPrompt(begun, head('a=='), null);
  expect(addressOf(taken)).toBe('/c/a%3D%3D');
  // The session continues at the old address, and then at the new one, for which nothing is loaded.
  expect(continueSession(taken, taken.loaded, atNewChat('k1'))).toBe(taken);
  expect(continueSession(taken, taken.loaded, at('a=='))).toBe(taken);
});

test('a new chat is another page each time it is opened', () => {
  const begun = beginSession(newChat(), atNewChat('k1'));
  expect(continueSession(begun, newChat(), atNewChat('k2'))).toMatchObject({ number: 1, newChatKey: 'k2', head: null });
  expect(continueSession(begunAs('a'), newChat(), atNewChat('k2'))).toMatchObject({ number: 1, head: null });
});

test('a new chat that is loaded again in its place stays the same page', () => {
  const begun = beginSession(newChat(), atNewChat('k1'));
  const again = newChat();
  expect(continueSession(begun, again, atNewChat('k1'))).toEqual({ ...begun, loaded: again });
  const taken = begunAs('a');
  expect(continueSession(taken, again, atNewChat('k1'))).toMatchObject({ number: 0, head: { id: 'a' } });
});

test('another conversation is another page', () => {
  const one = beginSession(conversation('a'), at('a'));
  const other = continueSession(one, conversation('b'), at('b'));
  expect(other).toMatchObject({ number: 1, head: { id: 'b' }, newChatKey: null });
  expect(continueSession(other, newChat(), atNewChat('b'))).toMatchObject({ number: 2, head: null });
});

test('another branch of a conversation is the same page, even if the conversation was begun here', () => {
  for (const session of [beginSession(conversation('a'), at('a')), begunAs('a')]) {
    const loaded = conversation('a', 't');
    const gone = continueSession(session, loaded, at('a', 'k3'));
    expect(gone).toMatchObject({ number: 0, loaded, through: 't' });
    expect(addressOf(gone)).toBe('/c/a?through=t');
    expect(continueSession(gone, loaded, at('a', 'k3'))).toBe(gone);
  }
});

test('an edited prompt has its own address, for which nothing is loaded', () => {
  const branch = withPrompt(begunAs('a'), head('a'), 't=2');
  expect(addressOf(branch)).toBe('/c/a?through=t%3D2');
  expect(continueSession(branch, branch.loaded, at('a', 'k3'))).toBe(branch);
});

test('a title changes only if there is a conversation', () => {
  expect(withTitle(begunAs('a'), 'Rivers').head?.title).toBe('Rivers');
  expect(withTitle(beginSession(newChat(), atNewChat('k1')), 'Rivers').head).toBeNull();
});

test('an address that opens at a turn shows the branch of that turn, unless it names another', () => {
  expect(throughIn(new URLSearchParams('turn=t1&find=x'))).toBe('t1');
  expect(throughIn(new URLSearchParams('turn=t1&through=t2'))).toBe('t2');
  expect(throughIn(new URLSearchParams(''))).toBeNull();
});
