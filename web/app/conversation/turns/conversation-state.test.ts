import { expect, test } from 'vitest';
import type {
  ConversationHeadFragment,
  ResponseFieldsFragment,
  TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import {
  absentTurns,
  type ConversationEvent,
  type ConversationState,
  initialState,
  keyOf,
  type LoadedConversation,
  newestTurn,
  reduce,
  shownTurns,
} from './conversation-state.ts';
import type { FailedCall, Sent } from './failed-call.ts';
import { pendingPrompt, pendingTurn, pendingVersion } from './pending.ts';

const head = { id: 'c', title: 'Rivers', systemPrompt: null } as ConversationHeadFragment;
const failed: FailedCall = { error: { __typename: 'Unreachable', message: 'Away.' }, kept: null, retry: () => {} };
const choice = { modelIds: ['a/one', 'a/two'], systemPrompt: '' };

function turnOf(id: string, parentId: string | null, responseIds = [`${id}-0`, `${id}-1`]): TurnFieldsFragment {
  const turn = pendingTurn(`Prompt ${id}`, choice.modelIds, []);
  const createdAt = '2026-01-01T00:00:00.000Z';
  const responses = responseIds.map(
    (responseId, lane) =>
      ({ ...turn.responses[lane % 2], id: responseId, lane: lane % 2, createdAt }) as ResponseFieldsFragment,
  );
  return { ...turn, id, parent: parentId === null ? null : { id: parentId }, responses };
}

const [t1, t2, t3] = [turnOf('t1', null), turnOf('t2', 't1'), turnOf('t3', 't2')];
const loadedOf = (turns: TurnFieldsFragment[], more: Partial<LoadedConversation> = {}): LoadedConversation => ({
  ...{ head, turns, earlier: null, later: null, writing: [], through: null, at: null },
  ...more,
});
const stateOf = (turns: TurnFieldsFragment[], more: Partial<LoadedConversation> = {}) =>
  initialState(loadedOf(turns, more), { modelIds: [] });
const after = (state: ConversationState, ...events: ConversationEvent[]) => events.reduce(reduce, state);
const prompt = (instead: TurnFieldsFragment | null = null) =>
  pendingPrompt({ prompt: 'Why?', files: [] }, choice, { instead, models: [] });
const sent = (turn: TurnFieldsFragment) => ({ __typename: 'SendPromptPayload', conversation: head, turn }) as Sent;
const idsOf = (turns: readonly TurnFieldsFragment[]) => turns.map(({ id }) => id);

test('a conversation asks the models of its last turn, and a new chat asks the given ones', () => {
  expect(initialState(null, { modelIds: ['a/three'], payerId: 'lab' }).asked).toMatchObject({
    modelIds: ['a/three'],
    payerId: 'lab',
  });
  expect(initialState(loadedOf([t1]), { modelIds: ['a/three'] }).asked.modelIds).toEqual(['a/one', 'a/two']);
  expect(initialState(loadedOf([]), { modelIds: ['a/three'] }).asked.modelIds).toEqual(['a/three']);
});

test('a conversation stays blind after a blind turn, whose models are not asked by name', () => {
  const blind = { ...t1, blind: true };
  expect(initialState(loadedOf([blind]), { modelIds: [] }).asked).toMatchObject({ modelIds: [], blind: true });
  expect(initialState(loadedOf([blind, t2]), { modelIds: [] }).asked).toMatchObject({
    modelIds: ['a/one', 'a/two'],
    blind: undefined,
  });
});

test('a turn that the API told after a verdict takes its place', () => {
  const verdict = { id: 'v', kind: 'TIE' } as TurnFieldsFragment['verdict'];
  const state = after(stateOf([t1, t2]), { type: 'turnTold', turn: { ...t1, verdict } });
  expect(state.turns).toEqual([{ ...t1, verdict }, t2]);
  // A reply to a query from before the verdict is out of date.
  expect(after(state, { type: 'caughtUp', turns: [t1, t2], changes: 0 })).toBe(state);
});

test('a new chat shows its first prompt at once, and keeps its key when the turn arrives', () => {
  const first = prompt();
  const asking = after(initialState(null, { modelIds: ['a/three'] }), { type: 'promptSent', prompt: first });
  expect(shownTurns(asking)).toEqual([first.turn]);
  expect(asking.asked).toEqual(choice);
  const taken = after(asking, { type: 'promptTaken', prompt: first, sent: sent(t1) });
  expect(taken).toMatchObject({ head, prompt: null, through: null });
  expect(shownTurns(taken)).toEqual([t1]);
  expect(keyOf(taken, t1)).toBe(keyOf(asking, first.turn));
  expect(keyOf(taken, t2)).toBe('t2');
});

test('a refused prompt leaves the turns unchanged, with the reason', () => {
  const next = prompt();
  const refused = after(
    stateOf([t1]),
    { type: 'promptSent', prompt: next },
    { type: 'promptRefused', prompt: next, failed },
  );
  expect(refused).toMatchObject({ prompt: null, failed });
  expect(shownTurns(refused)).toEqual([t1]);
});

test('an edited prompt comes after all turns while it is on its way, and then replaces its turn', () => {
  const edit = prompt(t2);
  const asking = after(stateOf([t1, t2, t3], { earlier: 'x' }), { type: 'promptSent', prompt: edit });
  expect(idsOf(shownTurns(asking))).toEqual(['t1', 't2', 't3', 'pending']);
  const taken = after(asking, { type: 'promptTaken', prompt: edit, sent: sent(turnOf('t4', 't1')) });
  expect(idsOf(taken.turns)).toEqual(['t1', 't4']);
  expect(taken).toMatchObject({ through: 't4', earlier: 'x', asked: choice });
});

test('turns that are still written are known when they leave the page, or another branch is shown', () => {
  const withStatus = (turn: TurnFieldsFragment, status: 'STREAMING' | 'COMPLETED'): TurnFieldsFragment => ({
    ...turn,
    responses: turn.responses.map((response) => ({ ...response, status })),
  });
  const [w1, w2] = [withStatus(t1, 'STREAMING'), withStatus(t2, 'STREAMING')];
  const [e1, e3] = [withStatus(t1, 'COMPLETED'), withStatus(t3, 'COMPLETED')];
  const left = reduce(stateOf([w1, w2, e3], { earlier: 't0' }), { type: 'turnsLeft', firstId: 't3', lastId: 't3' });
  expect(idsOf(absentTurns(left))).toEqual(['t1', 't2']);
  const back = reduce(left, { type: 'earlierLoaded', turns: [w2], before: 't3', earlier: 't2' });
  expect(idsOf(absentTurns(back))).toEqual(['t1']);
  const edit = prompt(w2);
  const edited = { type: 'promptTaken', prompt: edit, sent: sent(turnOf('t4', 't1')) } as const;
  const taken = after(stateOf([e1, w2, e3]), { type: 'promptSent', prompt: edit }, edited);
  expect(idsOf(taken.turns)).toEqual(['t1', 't4']);
  expect(idsOf(absentTurns(taken))).toEqual(['t2']);
});

test('the earlier turns are looked up again if the first shown turn was edited', () => {
  const edit = prompt(t2);
  const taken = after(
    stateOf([t2, t3], { earlier: 't2' }),
    { type: 'promptSent', prompt: edit },
    { type: 'promptTaken', prompt: edit, sent: sent(turnOf('t4', 't1')) },
  );
  expect(taken).toMatchObject({ through: 't4', earlier: null });
  expect(reduce(taken, { type: 'earlierFound', through: 't4', earlier: 't4' }).earlier).toBe('t4');
  expect(reduce(taken, { type: 'earlierFound', through: 'another', earlier: 'z' })).toBe(taken);
});

test('a prompt that is answered after its branch was left adds nothing to the shown branch', () => {
  const next = prompt(t2);
  const left = after(
    stateOf([t1, t2]),
    { type: 'promptSent', prompt: next },
    { type: 'branchLoaded', loaded: loadedOf([t1, turnOf('t5', 't1')], { through: 't5' }) },
  );
  expect(left.prompt).toBeNull();
  const taken = reduce(left, { type: 'promptTaken', prompt: next, sent: sent(t3) });
  expect(idsOf(shownTurns(taken))).toEqual(['t1', 't5']);
  // A prompt that begins a branch does not take the reader there either.
  expect(taken.through).toBe('t5');
});

test('earlier turns are put before the others, unless the branch was left meanwhile', () => {
  const state = stateOf([t2, t3], { earlier: 't2' });
  const event = { type: 'earlierLoaded', turns: [t1], before: 't2', earlier: null } as const;
  expect(reduce(state, event)).toMatchObject({ turns: [t1, t2, t3], earlier: null });
  const left = reduce(state, { type: 'branchLoaded', loaded: loadedOf([t1]) });
  expect(reduce(left, event)).toBe(left);
});

test('turns from elsewhere are taken, unless the turns changed here since the request', () => {
  const told = { ...t2, prompt: 'Told elsewhere' };
  const state = stateOf([t1, t2]);
  const event = { type: 'caughtUp', turns: [told, t3], changes: state.changes } as const;
  expect(reduce(state, event).turns).toEqual([t1, told, t3]);
  const changed = reduce(state, { type: 'choiceSent' });
  expect(reduce(changed, event)).toBe(changed);
  // A branch that began elsewhere is not opened.
  expect(reduce(state, { ...event, turns: [t1, turnOf('t6', 't1')] }).turns).toEqual([t1, t2]);
});

test('a regenerated answer stays in its lane until it arrives, and no answer is taken back', () => {
  const version = pendingVersion(t1, t1.responses[0] as ResponseFieldsFragment, undefined, []);
  const asking = after(stateOf([t1, t2]), { type: 'versionAsked', version });
  expect(shownTurns(asking)[0]?.responses).toHaveLength(3);
  expect(shownTurns(asking)[1]).toBe(t2);
  const other = turnOf('t1', null, ['t1-0', 't1-1', 'later']);
  // This turn was reported before the other one, but arrives after it.
  const told = turnOf('t1', null, ['t1-0', 't1-1', 'sooner']);
  const taken = after(
    asking,
    { type: 'versionTaken', version, turn: other },
    { type: 'versionTaken', version, turn: told },
  );
  expect(taken.versions).toEqual([]);
  expect(taken.turns[0]?.responses.map(({ id }) => id)).toEqual(['t1-0', 't1-1', 'sooner', 'later']);
  expect(reduce(asking, { type: 'versionRefused', version, failed })).toMatchObject({ versions: [], failed });
});

test('a version that is opened becomes the shown one, and moves the turn’s chosen answer only within its lane', () => {
  const turn = { ...turnOf('t1', null, ['a', 'b', 'c']), chosen: { id: 'a' } };
  const shown = reduce(stateOf([turn]), { type: 'versionShown', turnId: 't1', responseId: 'c' }).turns[0];
  expect(shown?.responses.map(({ chosenAt }) => chosenAt)).toEqual([null, null, '2026-01-01T00:00:00.001Z']);
  expect(shown?.chosen).toEqual({ id: 'c' });
  const elsewhere = reduce(stateOf([turn]), { type: 'versionShown', turnId: 't1', responseId: 'b' }).turns[0];
  expect(elsewhere?.chosen).toEqual({ id: 'a' });
});

test('a choice reported by the API is taken as it is', () => {
  const told = { id: 't1', chosen: { id: 't1-1' }, responses: [{ id: 't1-1', chosenAt: '2026-01-02T00:00:00.000Z' }] };
  const state = reduce(stateOf([t1, t2]), { type: 'choiceTold', turn: told });
  expect(state.turns[0]).toMatchObject({ chosen: { id: 't1-1' }, responses: [{ chosenAt: null }, told.responses[0]] });
  expect(state.turns[1]).toBe(t2);
});

test('a stop that did not arrive is taken back', () => {
  const stopping = after(stateOf([t1]), { type: 'stopSent', responseIds: ['t1-0', 't1-1'] });
  expect([...stopping.stopping]).toEqual(['t1-0', 't1-1']);
  const refused = reduce(stopping, { type: 'stopRefused', responseIds: ['t1-0'], failed });
  expect([...refused.stopping]).toEqual(['t1-1']);
  expect(reduce(refused, { type: 'failureDismissed' }).failed).toBeNull();
});

test('turns come from both sides, and those that are far leave', () => {
  const [t4, t5] = [turnOf('t4', 't3'), turnOf('t5', 't4')];
  const middle = stateOf([t3], { earlier: 't3', later: { cursor: 't3', newest: t5 } });
  expect(middle.asked.modelIds).toEqual(['a/one', 'a/two']);
  expect(newestTurn(middle)).toBe(t5);
  const later = { type: 'laterLoaded', turns: [t4], after: 't3', isEnd: false } as const;
  const more = reduce(middle, later);
  expect(more).toMatchObject({ turns: [t3, t4], later: { cursor: 't4', newest: t5 } });
  // A reply that comes twice, or for another page, changes nothing.
  expect(reduce(more, later)).toBe(more);
  const end = reduce(more, { type: 'laterLoaded', turns: [t5], after: 't4', isEnd: true });
  expect(end).toMatchObject({ turns: [t3, t4, t5], later: null, earlier: 't3' });
  const left = reduce(end, { type: 'turnsLeft', firstId: 't4', lastId: 't4' });
  expect(left).toMatchObject({ turns: [t4], earlier: 't4', later: { cursor: 't4', newest: t5 } });
  expect(newestTurn(left)).toBe(t5);
  expect(reduce(left, { type: 'turnsLeft', firstId: 't4', lastId: 't4' })).toBe(left);
  expect(reduce(left, { type: 'endShown' })).toMatchObject({ turns: [t5], earlier: 't5', later: null });
});

test('what is told of the newest turn is kept while it is not in the page, and does not come into it', () => {
  const [t4, t5] = [turnOf('t4', 't3'), turnOf('t5', 't4')];
  const state = stateOf([t1], { later: { cursor: 't1', newest: t4 } });
  const told = { ...t4, hidden: true };
  expect(reduce(state, { type: 'turnTold', turn: told })).toMatchObject({ turns: [t1], later: { newest: told } });
  expect(reduce(state, { type: 'turnTold', turn: t3 }).turns).toEqual([t1]);
  const news = reduce(state, { type: 'caughtUp', turns: [t4, t5], changes: state.changes });
  expect(news).toMatchObject({ turns: [t1], later: { cursor: 't1', newest: t5 } });
  expect(reduce(state, { type: 'caughtUp', turns: [t5], changes: state.changes }).later?.newest).toBe(t4);
});
