import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConversationHeadFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Conversation } from './conversation.ts';
import { shownTurns } from './conversation-state.ts';
import { pendingTurn } from './pending.ts';

const head = { id: 'c', title: 'Rivers', systemPrompt: null } as ConversationHeadFragment;
const asking = { modelIds: ['a/one'], systemPrompt: '', parameters: {} };
const why = { prompt: 'Why?', files: [] };
const how = { instead: null, kept: 'composer', retry: () => {} } as const;

function turnOf(id: string, parentId: string | null): TurnFieldsFragment {
  const turn = pendingTurn(`Prompt ${id}`, ['a/one'], []);
  const responses = turn.responses.map((response) => ({ ...response, id: `${id}-r`, status: 'COMPLETED' as const }));
  return { ...turn, id, parent: parentId === null ? null : { id: parentId }, responses };
}

const taken = (turn: TurnFieldsFragment) => ({
  data: { sendPrompt: { __typename: 'SendPromptPayload', conversation: head, turn } },
});

interface Call {
  name: string;
  variables: Record<string, unknown> & { input?: Record<string, unknown> };
  answer: (result: object) => void;
}

/** A conversation whose calls wait until the test answers them. */
function setUp(loaded: ConstructorParameters<typeof Conversation>[0]['loaded'] = null, folderId: string | null = null) {
  const calls: Call[] = [];
  const call = (document: { definitions: { name: { value: string } }[] }, variables: Call['variables']) => ({
    toPromise: () =>
      new Promise((answer) => calls.push({ name: document.definitions[0]?.name.value ?? '', variables, answer })),
  });
  const client = { query: call, mutation: call, subscription: vi.fn() } as never;
  const conversation = new Conversation({
    client,
    models: [],
    loaded,
    first: { modelIds: ['a/one'] },
    folderId,
    onStatus: () => {},
  });
  conversation.open();
  /** The next call with that name, as soon as it is made. */
  const next = (name: string) =>
    vi.waitFor(() => calls[calls.findIndex((made) => made.name === name)] ?? missing(name));
  const answer = async (name: string, result: object) => {
    const made = await next(name);
    calls.splice(calls.indexOf(made), 1);
    made.answer(result);
    return made;
  };
  return { conversation, calls, answer, state: () => conversation.store.read() };
}

function missing(name: string): never {
  throw new Error(`${name} was not called`);
}

const loadedOf = (turns: TurnFieldsFragment[], earlier: string | null = null) => ({
  head,
  turns,
  earlier,
  later: null,
  writing: [],
  through: null,
  at: null,
});

beforeEach(() => void vi.stubGlobal('requestAnimationFrame', vi.fn()));
afterEach(() => void vi.unstubAllGlobals());

test('a first prompt creates the conversation, and the next prompt follows its turn', async () => {
  const { conversation, answer, state } = setUp();
  const first = conversation.send(why, asking, how);
  const call = await answer('SendPrompt', taken(turnOf('t1', null)));
  expect(call.variables.input).toMatchObject({ conversationId: null, prompt: 'Why?' });
  expect(await first).toMatchObject({ turn: { id: 't1' } });
  expect(state().head).toBe(head);
  void conversation.send({ prompt: 'And why?', files: [] }, asking, how);
  const { variables } = await answer('SendPrompt', {});
  expect(variables.input).toMatchObject({ conversationId: 'c', parentTurnId: 't1' });
});

test('a prompt that is resent after a lost answer has the same idempotency key, and another prompt has another', async () => {
  const { conversation, answer, state } = setUp(loadedOf([turnOf('t1', null)]));
  const keys: unknown[] = [];
  for (const prompt of ['Why?', 'Why?', 'Why not?']) {
    const sent = conversation.send({ prompt, files: [] }, asking, how);
    keys.push((await answer('SendPrompt', { error: {} })).variables.input?.idempotencyKey);
    expect(await sent).toBeNull();
    expect(state().failed?.error.__typename).toBe('Unreachable');
  }
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('a conversation created for a system prompt is deleted if the prompt is refused, but kept if the answer is lost', async () => {
  const { conversation, answer, calls } = setUp();
  const brief = { ...asking, systemPrompt: 'Be brief.' };
  const lost = conversation.send(why, brief, how);
  await answer('CreateConversation', { data: { createConversation: { ...head, systemPrompt: 'Be brief.' } } });
  await answer('SendPrompt', { error: {} });
  expect(await lost).toBeNull();
  expect(calls).toEqual([]);
  const refused = conversation.send(why, brief, how);
  await answer('SendPrompt', {
    data: { sendPrompt: { __typename: 'InsufficientCreditsError', message: 'Too dear.' } },
  });
  expect(await refused).toBeNull();
  await answer('Conversation', { data: { conversation: { turns: { edges: [] } } } });
  expect((await answer('DeleteConversation', {})).variables).toEqual({ id: 'c' });
});

test('a chat in a folder begins there with its first prompt, unless it is a temporary one', async () => {
  const { conversation, answer } = setUp(null, 'f');
  void conversation.send(why, asking, how);
  const call = await answer('CreateConversation', { data: { createConversation: head } });
  expect(call.variables.input).toMatchObject({ folderId: 'f' });
  expect((await answer('SendPrompt', {})).variables.input).toMatchObject({ conversationId: 'c' });
  const other = setUp(null, 'f');
  other.conversation.chooseTemporary(true);
  void other.conversation.send(why, asking, how);
  expect((await other.answer('SendPrompt', {})).variables.input).toMatchObject({
    conversationId: null,
    temporary: true,
  });
});

test('a page that closes before its prompt arrives leaves no empty conversation', async () => {
  const { conversation, answer, calls } = setUp();
  const lost = conversation.send(why, { ...asking, systemPrompt: 'Be brief.' }, how);
  await answer('CreateConversation', { data: { createConversation: { ...head, systemPrompt: 'Be brief.' } } });
  conversation.close();
  expect(calls.map(({ name }) => name)).not.toContain('Conversation');
  await answer('SendPrompt', { error: {} });
  await lost;
  await answer('Conversation', { data: { conversation: { turns: { edges: [] } } } });
  await answer('DeleteConversation', {});
});

test('an answer is requested again only once at a time in its lane', async () => {
  const { conversation, answer, calls, state } = setUp(loadedOf([turnOf('t1', null)]));
  conversation.goOn('t1-r');
  conversation.goOn('t1-r');
  conversation.regenerate('t1-r');
  expect(calls.map(({ name }) => name)).toEqual(['ContinueResponse']);
  expect(shownTurns(state())[0]?.responses).toHaveLength(2);
  await answer('ContinueResponse', { error: {} });
  await vi.waitFor(() => expect(state().failed).not.toBeNull());
  expect(state().versions).toEqual([]);
});

test('a stop pressed before the answer had an id is sent as soon as it has one', async () => {
  const { conversation, answer, calls, state } = setUp();
  const sent = conversation.send(why, asking, how);
  conversation.stop('pending');
  await vi.waitFor(() => expect(calls.map(({ name }) => name)).toEqual(['SendPrompt']));
  await answer('SendPrompt', taken(turnOf('t1', null)));
  await sent;
  expect((await answer('StopResponses', { error: {} })).variables).toEqual({ turnId: 't1', responseIds: ['t1-r'] });
  await vi.waitFor(() => expect(state().stopping.has('t1-r')).toBe(false));
});

test('the last of several versions opened in quick succession is reported last', async () => {
  const turn = turnOf('t1', null);
  const versions = ['a', 'b', 'c'].map((id) => ({ ...(turn.responses[0] as (typeof turn.responses)[0]), id }));
  const { conversation, answer, state } = setUp(loadedOf([{ ...turn, responses: versions }]));
  for (const id of ['a', 'b', 'c']) conversation.show('t1', id);
  const told = (id: string) => ({
    data: { chooseResponse: { id: 't1', chosen: null, responses: [{ id, chosenAt: id }] } },
  });
  expect((await answer('ChooseResponse', told('a'))).variables).toEqual({ responseId: 'a' });
  expect((await answer('ChooseResponse', told('c'))).variables).toEqual({ responseId: 'c' });
  await vi.waitFor(() => expect(state().turns[0]?.responses[2]?.chosenAt).toBe('c'));
  // An overtaken answer changes nothing.
  expect(state().turns[0]?.responses[0]?.chosenAt).not.toBe('a');
});

test('the turns before an edited first turn are looked up on the new branch', async () => {
  const { conversation, answer, state } = setUp(loadedOf([turnOf('t2', 't1')], 't2'));
  const sent = conversation.send(why, asking, { ...how, instead: turnOf('t2', 't1') });
  const call = await answer('SendPrompt', taken(turnOf('t3', 't1')));
  expect(call.variables.input).toMatchObject({ parentTurnId: 't1' });
  await sent;
  const page = { edges: [], pageInfo: { hasPreviousPage: true, startCursor: 't3' } };
  expect((await answer('Conversation', { data: { conversation: { turns: page } } })).variables).toMatchObject({
    through: 't3',
  });
  await vi.waitFor(() => expect(state().earlier).toBe('t3'));
});
