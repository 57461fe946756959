import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { emptyResponse } from './empty-response.ts';
import type { ResponseEvent } from './response-stream.ts';
import { TurnStreams } from './turn-streams.ts';

const model = { id: 'a/one', name: 'One', provider: { id: 'a', name: 'A' } };

function response(id: string, fields: Partial<ResponseFieldsFragment> = {}): ResponseFieldsFragment {
  const empty = emptyResponse(id, { lane: 0, model, createdAt: '2026-01-01T00:00:00Z' });
  return { ...empty, status: 'STREAMING', ...fields };
}

const delta = (responseId: string, offset: number, text: string): ResponseEvent => ({
  __typename: 'TextDelta',
  responseId,
  partIndex: 0,
  offset,
  text,
  outputTokens: offset,
});
const finish = (id: string, text: string): ResponseEvent => ({
  __typename: 'ResponseFinished',
  responseId: id,
  response: response(id, { status: 'COMPLETED', text }),
});

/** A client whose subscriptions the test can see and speak through. */
function fakeClient() {
  const opened: {
    variables: { resume: unknown[] };
    say(event: ResponseEvent | null, hasNext?: boolean): void;
    closed: boolean;
  }[] = [];
  const client = {
    subscription: (_document: unknown, variables: { resume: unknown[] }) => ({
      subscribe(receive: (result: unknown) => void) {
        const stream = {
          variables,
          closed: false,
          say: (event: ResponseEvent | null, hasNext = true) =>
            receive({ data: event ? { streamResponse: event } : undefined, error: undefined, hasNext }),
        };
        opened.push(stream);
        return {
          unsubscribe: () => {
            stream.closed = true;
          },
        };
      },
    }),
  };
  return { client: client as never, opened };
}

function setUp() {
  const { client, opened } = fakeClient();
  const frames: (() => void)[] = [];
  const statuses: string[] = [];
  const streams = new TurnStreams(client, {
    frame: (flush) => frames.push(flush),
    onStatus: ({ response: { id, status } }) => statuses.push(`${id} ${status}`),
  });
  const stream = (index: number) => {
    const found = opened[index];
    if (!found) throw new Error(`no subscription ${index}`);
    return found;
  };
  const paint = () => {
    for (const flush of frames.splice(0)) flush();
  };
  return { streams, opened, stream, statuses, paint };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a turn with final answers only is not followed', () => {
  const { streams, opened } = setUp();
  streams.hold('t', [response('r', { status: 'COMPLETED' })]);
  expect(opened).toHaveLength(0);
});

test('a live turn is followed from the text that the page already holds', () => {
  const { streams, stream } = setUp();
  streams.hold('t', [response('r', { text: 'Paris', reasoning: 'Hm' }), response('s')]);
  expect(stream(0).variables).toEqual({
    turnId: 't',
    resume: [
      { responseId: 'r', textOffset: 0, reasoningOffset: 0 },
      { responseId: 's', textOffset: 0, reasoningOffset: 0 },
    ],
  });
});

test('the pieces of a frame cause one rendering, of their own lane only', () => {
  const { streams, stream, paint } = setUp();
  streams.hold('t', [response('r'), response('s')]);
  paint();
  const [onR, onS] = [vi.fn(), vi.fn()];
  streams.subscribe('r', onR);
  streams.subscribe('s', onS);
  for (let at = 0; at < 5; at++) stream(0).say(delta('r', at, 'x'));
  expect(onR).not.toHaveBeenCalled();
  paint();
  expect(onR).toHaveBeenCalledTimes(1);
  expect(onS).not.toHaveBeenCalled();
  expect(streams.read('r')?.response.text).toBe('xxxxx');
});

test('the stream is reopened after a gap, from the held text on', () => {
  const { streams, stream } = setUp();
  streams.hold('t', [response('r')]);
  stream(0).say(delta('r', 0, 'Par'));
  stream(0).say(delta('r', 9, '!'));
  expect(stream(0).closed).toBe(true);
  vi.advanceTimersByTime(0);
  expect(stream(1).variables.resume).toEqual([{ responseId: 'r', textOffset: 0, reasoningOffset: 0 }]);
  stream(1).say(delta('r', 3, 'is'));
  expect(streams.read('r')).toMatchObject({ gap: false, response: { text: 'Paris' } });
});

test('a stream that ends before its answers is reopened, ever more slowly while nothing arrives', () => {
  const { streams, stream, opened } = setUp();
  streams.hold('t', [response('r')]);
  stream(0).say(null, false);
  vi.advanceTimersByTime(0);
  stream(1).say(null, false);
  vi.advanceTimersByTime(400);
  expect(opened).toHaveLength(2);
  vi.advanceTimersByTime(100);
  expect(opened).toHaveLength(3);
});

test('the end of all answers ends the stream, and is reported once', () => {
  const { streams, stream, opened, statuses } = setUp();
  streams.hold('t', [response('r', { status: 'QUEUED' })]);
  stream(0).say(delta('r', 0, 'Paris'));
  stream(0).say(finish('r', 'Paris.'));
  stream(0).say(finish('r', 'Paris.'), false);
  vi.advanceTimersByTime(60_000);
  expect(opened).toHaveLength(1);
  expect(streams.read('r')?.response.text).toBe('Paris.');
  expect(statuses).toEqual(['r STREAMING', 'r COMPLETED']);
});

test('a regenerated answer joins the stream of its turn', () => {
  const { streams, stream } = setUp();
  streams.hold('t', [response('r')]);
  stream(0).say(delta('r', 0, 'Par'));
  streams.hold('t', [response('r'), response('again')]);
  expect(stream(0).closed).toBe(true);
  expect(stream(1).variables.resume).toEqual([
    { responseId: 'r', textOffset: 0, reasoningOffset: 0 },
    { responseId: 'again', textOffset: 0, reasoningOffset: 0 },
  ]);
});

test('a closed page follows nothing, and follows again when it is shown again', () => {
  const { streams, stream, opened } = setUp();
  streams.hold('t', [response('r')]);
  stream(0).say(delta('r', 0, 'Par'));
  streams.close();
  vi.advanceTimersByTime(60_000);
  expect(opened).toHaveLength(1);
  expect(stream(0).closed).toBe(true);
  streams.hold('t', [response('r')]);
  expect(stream(1).variables.resume).toEqual([{ responseId: 'r', textOffset: 0, reasoningOffset: 0 }]);
});
