import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { GO_ON } from '../../src/ports/language-model.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, streamBody, type WireAnswer, type WireServer } from '../wire-server.ts';
import {
  type Asked,
  ask,
  choose,
  continueDocument,
  continueResponse,
  converse,
  expectSettled,
  follow,
  followDocument,
  Reading,
  regenerate,
  type Stored,
  storedResponses,
} from './asking.ts';

/** A model receives the history that a reader sees above the composer, whatever was changed before. */
describeDatabases('the history sent to a model', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    const models = [
      ...[big, small].map((id) => ({ id, minimumTier: 'FREE', fallbacks: [] })),
      { id: third, minimumTier: 'FREE' },
    ];
    app = await startApp({
      database: database(),
      wire,
      catalogue: { models },
      retryDelayMs: 1,
      env: { IDLE_TIMEOUT_SECONDS: '1' },
    });
    member = await app.newMember();
  });
  let answers = 0;
  beforeEach(() => {
    wire.reset();
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: [`Answer ${++answers}.`] }) }));
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  it('has the text of a stopped answer', async () => {
    wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['Once upon', ' a time'] }), ending: 'stall' }));
    const first = await ask(member, { prompt: 'A story', modelIds: [big] });
    await readUntil(first, 'Once upon a time');
    await stop(first);
    await sendOn(first, 'Go on');
    expect(lastSaid()).toEqual(dialogue('A story', 'Once upon a time', 'Go on'));
  });

  it.each<[string, string, WireAnswer]>([
    ['cut its connection', 'FAILED', { ending: 'cut' }],
    ['fell silent', 'FAILED', { ending: 'stall' }],
  ])('has the text of an answer whose provider %s', async (_what, status, ending) => {
    wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['Once upon', ' a time'] }), ...ending }));
    const first = await converse(member, { prompt: 'A story', modelIds: [big] });
    expect(await shownIn(first)).toMatchObject([{ status, text: 'Once upon a time' }]);
    await sendOn(first, 'Go on');
    expect(lastSaid()).toEqual(dialogue('A story', 'Once upon a time', 'Go on'));
  });

  it('has no answer that was stopped before its first character, and no reasoning', async () => {
    wire.enqueue(({ api }) => ({
      body: streamBeginning(api, { reasoning: ['Hm.', ' Well.'], text: [] }),
      ending: 'stall',
    }));
    const first = await ask(member, { prompt: 'A story', modelIds: [big] });
    await readUntil(first, 'Hm. Well.', 'reasoning');
    await stop(first);
    await sendOn(first, 'Go on');
    expect(lastSaid()).toEqual(dialogue('A story\n\nGo on'));
  });

  it('has the newest version of an answer until an older one is chosen', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big] });
    const [old] = await shownIn(first);
    await regenerate(member, old?.id as string);
    const [newest] = await shownIn(first);
    const second = await sendOn(first, 'Two?');
    expect(lastSaid()).toEqual(dialogue('One?', newest?.text, 'Two?'));

    await choose(member, old?.id as string);
    expect(await shownIn(first)).toMatchObject([{ id: old?.id }]);
    await sendOn(second, 'Three?');
    const [answer] = await shownIn(second);
    expect(lastSaid()).toEqual(dialogue('One?', old?.text, 'Two?', answer?.text, 'Three?'));

    const fromElsewhere = await member.gql(
      'query ($id: ID!) { conversation(id: $id) { turns { edges { node { chosen { id } responses { id } } } } } }',
      { id: first.conversation.id },
    );
    expect(fromElsewhere.conversation.turns.edges[0].node).toEqual({
      chosen: { id: old?.id },
      responses: [{ id: old?.id }],
    });
  });

  it('has the version that was made after an older one was chosen', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big] });
    const [old] = await shownIn(first);
    await regenerate(member, old?.id as string);
    await choose(member, old?.id as string);
    await regenerate(member, old?.id as string);
    const [newest] = await shownIn(first);
    expect((await storedResponses(member, first.turn.id, true)).at(-1)?.id).toBe(newest?.id);
    await sendOn(first, 'Two?');
    expect(lastSaid()).toEqual(dialogue('One?', newest?.text, 'Two?'));
  });

  it('has the chosen version of each lane', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big, small] });
    const old = await shownIn(first);
    for (const { id } of old) await regenerate(member, id);
    for (const { id } of old) await choose(member, id);
    expect((await shownIn(first)).map(({ id }) => id)).toEqual(old.map(({ id }) => id));
    await sendOn(first, 'Two?', { modelIds: [big, small] });
    for (const [lane, id] of [big, small].entries()) {
      expect(saidTo(id).at(-1)).toEqual(dialogue('One?', old[lane]?.text, 'Two?'));
    }
  });

  it('has the version chosen in a lane, while another lane’s answer stays the chosen one of the turn', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big, small] });
    const [kept, old] = await shownIn(first);
    await choose(member, kept?.id as string);
    await regenerate(member, old?.id as string);
    await choose(member, old?.id as string, { laneOnly: true });
    await sendOn(first, 'Two?', { modelIds: [third, small] });
    expect(saidTo(third).at(-1)).toEqual(dialogue('One?', kept?.text, 'Two?'));
    expect(saidTo(small).at(-1)).toEqual(dialogue('One?', old?.text, 'Two?'));
  });

  it('has the answer of another model that replaced the first', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big, big] });
    const [old] = await shownIn(first);
    await regenerate(member, old?.id as string, third);
    const [inPlace, other] = await shownIn(first);
    await sendOn(first, 'Two?', { modelIds: [big, big] });
    expect(saidTo(big).slice(-2)).toEqual(
      expect.arrayContaining([dialogue('One?', inPlace?.text, 'Two?'), dialogue('One?', other?.text, 'Two?')]),
    );
  });

  it('keeps the previous version if the newest one failed', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big] });
    const [old] = await shownIn(first);
    wire.enqueue({ status: 400, body: '{}' });
    await regenerate(member, old?.id as string);
    expect(await shownIn(first)).toMatchObject([{ status: 'FAILED', text: '' }]);
    await sendOn(first, 'Two?');
    expect(lastSaid()).toEqual(dialogue('One?', old?.text, 'Two?'));
  });

  it('has the cut-off answer and the request to go on when it is continued, and the joined text afterwards', async () => {
    const before = await converse(member, { prompt: 'Hello', modelIds: [big] });
    const [greeting] = await shownIn(before);
    wire.enqueue({ body: cutOff('The capital of Fra') });
    const first = await sendOn(before, 'Capitals');
    const [cut] = await shownIn(first);
    expect(cut).toMatchObject({ finishReason: 'LENGTH', text: 'The capital of Fra' });

    wire.enqueue(({ api }) => ({ body: streamBody(api, { reasoning: ['Hm.'], text: ['nce is Paris.'] }) }));
    await continueResponse(member, cut?.id as string);
    expect(lastSaid()).toEqual(dialogue('Hello', greeting?.text, 'Capitals', 'The capital of Fra', GO_ON));
    expect(await shownIn(first)).toMatchObject([{ status: 'COMPLETED', text: 'The capital of France is Paris.' }]);

    await sendOn(first, 'And of Spain?');
    expect(lastSaid()).toEqual(
      dialogue('Hello', greeting?.text, 'Capitals', 'The capital of France is Paris.', 'And of Spain?'),
    );
    await expectSettled(member);
  });

  it('has the cut-off answer while it is being continued, and the joined text once that is stopped', async () => {
    wire.enqueue({ body: cutOff('One, two') });
    const first = await converse(member, { prompt: 'Count', modelIds: [big] });
    const [cut] = await shownIn(first);
    wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: [', three'] }), ending: 'stall' }));
    await member.gql(continueDocument, { responseId: cut?.id });
    await readUntil(first, 'One, two, three');
    await sendOn(first, 'Meanwhile?');
    expect(lastSaid()).toEqual(dialogue('Count', 'One, two', 'Meanwhile?'));
    await stop(first);
    await converse(member, { prompt: 'And now?', parentTurnId: first.turn.id, modelIds: [big] });
    expect(lastSaid()).toEqual(dialogue('Count', 'One, two, three', 'And now?'));
  });

  it('has an edited prompt in place of the original, without the turns that followed the original', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big] });
    const [answer] = await shownIn(first);
    const second = await sendOn(first, 'Tow?');
    await sendOn(second, 'Three?');
    const edited = await converse(member, { prompt: 'Two?', parentTurnId: first.turn.id, modelIds: [big] });
    expect(lastSaid()).toEqual(dialogue('One?', answer?.text, 'Two?'));
    const atStart = { conversationId: first.conversation.id, atStart: true, modelIds: [big] };
    await converse(member, { prompt: 'Uno?', ...atStart });
    expect(lastSaid()).toEqual(dialogue('Uno?'));
    const [afterEdit] = await shownIn(edited);
    await sendOn(edited, 'Three, then?');
    expect(lastSaid()).toEqual(dialogue('One?', answer?.text, 'Two?', afterEdit?.text, 'Three, then?'));
  });

  it('has on each branch only the turns of that branch, in the shown versions', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big] });
    const left = await sendOn(first, 'Left?');
    const right = await converse(member, { prompt: 'Right?', parentTurnId: first.turn.id, modelIds: [big] });
    const [old] = await shownIn(first);
    await regenerate(member, old?.id as string);
    const [shown] = await shownIn(first);
    for (const branch of [left, right]) {
      const [answer] = await shownIn(branch);
      await sendOn(branch, 'On?');
      const prompt = branch === left ? 'Left?' : 'Right?';
      expect(lastSaid()).toEqual(dialogue('One?', shown?.text, prompt, answer?.text, 'On?'));
    }
  });

  it('has the shown version of the chosen lane’s answer for a third model that joins', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big, small] });
    const [, chosen] = await shownIn(first);
    await choose(member, chosen?.id as string);
    await regenerate(member, chosen?.id as string);
    const [own, again] = await shownIn(first);
    await sendOn(first, 'Two?', { modelIds: [big, small, third] });
    expect(saidTo(third).at(-1)).toEqual(dialogue('One?', again?.text, 'Two?'));
    expect(saidTo(big).at(-1)).toEqual(dialogue('One?', own?.text, 'Two?'));
  });

  it('has a stopped answer for a third model that joins', async () => {
    wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['Once upon', ' a time'] }), ending: 'stall' }));
    const first = await ask(member, { prompt: 'A story', modelIds: [big] });
    await readUntil(first, 'Once upon a time');
    await stop(first);
    await sendOn(first, 'Go on', { modelIds: [big, small, third] });
    for (const id of [big, small, third]) {
      expect(saidTo(id).at(-1)).toEqual(dialogue('A story', 'Once upon a time', 'Go on'));
    }
  });

  async function shownIn({ turn }: Asked): Promise<Stored[]> {
    return storedResponses(member, turn.id);
  }

  /** Sends a prompt after this turn and follows the answer to its end. */
  async function sendOn({ turn }: Asked, prompt: string, { modelIds = [big] } = {}): Promise<Asked> {
    return converse(member, { prompt, parentTurnId: turn.id, modelIds });
  }

  async function stop({ turn }: Asked): Promise<void> {
    await member.gql('mutation ($turnId: ID!) { stopResponses(turnId: $turnId) { id } }', { turnId: turn.id });
    await follow(member, turn.id);
  }

  async function readUntil({ turn }: Asked, whole: string, part: 'text' | 'reasoning' = 'text'): Promise<void> {
    const subscription = member.subscribe('sse', followDocument, { turnId: turn.id });
    const reading = new Reading();
    for await (const { data } of subscription) {
      reading.take(data.streamResponse);
      if ([...reading.texts.values()].some((read) => read[part] === whole)) break;
    }
    subscription.cut();
  }

  function lastSaid(): string[] | undefined {
    return wire.requests.map(({ body }) => saidIn(body.messages)).at(-1);
  }

  function saidTo(modelId: string): string[][] {
    const name = modelId.slice(modelId.indexOf('/') + 1);
    return wire.requests.filter(({ body }) => body.model === name).map(({ body }) => saidIn(body.messages));
  }
});

const big = 'openai/gpt-4.1';
const small = 'openai/gpt-4.1-mini';
const third = 'anthropic/claude-sonnet-5';

/** An OpenAI answer that ends at its length limit. */
function cutOff(text: string): string {
  return streamBody('openai.chat', { text: [text] }).replace('"finish_reason":"stop"', '"finish_reason":"length"');
}

type Message = { role: string; content: string | { text: string }[] };

function saidIn(messages: Message[]): string[] {
  return messages.map(({ role, content }) => {
    const said = typeof content === 'string' ? content : content.map(({ text }) => text).join('');
    return `${role === 'user' ? 'user' : 'model'}: ${said}`;
  });
}

/** The messages of a conversation in which the member speaks first. */
function dialogue(...said: (string | undefined)[]): string[] {
  return said.map((text, index) => `${index % 2 === 0 ? 'user' : 'model'}: ${text}`);
}
