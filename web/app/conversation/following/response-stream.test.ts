import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelFieldsFragment, ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { emptyResponse } from './empty-response.ts';
import { standInAt } from './hidden.ts';
import {
  applyResponseEvent,
  fromSnapshot,
  isLive,
  type ResponseEvent,
  resumePoint,
  type StreamedResponse,
  withSnapshot,
} from './response-stream.ts';

const model: ModelFieldsFragment = { id: 'a/one', name: 'One', provider: { id: 'a', name: 'A' } };
const other: ModelFieldsFragment = { id: 'a/two', name: 'Two', provider: { id: 'a', name: 'A' } };

function response(fields: Partial<ResponseFieldsFragment> = {}): ResponseFieldsFragment {
  const empty = emptyResponse('r', { lane: 0, model, createdAt: '2026-01-01T00:00:00Z' });
  return { ...empty, creditsHeld: 10, ...fields };
}

const text = (offset: number, piece: string, outputTokens = offset): ResponseEvent => ({
  __typename: 'TextDelta',
  responseId: 'r',
  partIndex: 1,
  offset,
  text: piece,
  outputTokens,
});
const reasoning = (offset: number, piece: string): ResponseEvent => ({
  __typename: 'ReasoningDelta',
  responseId: 'r',
  partIndex: 0,
  offset,
  text: piece,
});
const callPart = (index: number, status: 'WRITING' | 'RUNNING' | 'DONE') => ({
  __typename: 'ToolCallPart' as const,
  ...{ index, id: 'c', name: 'look', toolId: 'look', status },
  ...{ durationMs: null, creditsCharged: null, arguments: '{}' },
});

const apply = (state: StreamedResponse, ...events: ResponseEvent[]) =>
  events.reduce((held, event, index) => applyResponseEvent(held, event, index * 10), state);

test('consecutive pieces form the text', () => {
  const state = apply(fromSnapshot(response()), text(0, 'Par'), text(3, 'is'));
  expect(state.response).toMatchObject({ text: 'Paris', status: 'STREAMING' });
});

test('a repeated piece changes nothing, as urql repeats the last value of a stream', () => {
  const state = apply(fromSnapshot(response()), text(0, 'Paris'));
  expect(applyResponseEvent(state, text(0, 'Paris'), 99)).toBe(state);
});

test('only the new part of an overlapping piece is taken', () => {
  expect(apply(fromSnapshot(response()), text(0, 'Par'), text(1, 'aris is')).response.text).toBe('Paris is');
});

test('a piece beyond the held text makes a gap, and the missing piece closes it', () => {
  const gaping = apply(fromSnapshot(response()), text(0, 'Par'), text(4, 's'));
  expect(gaping).toMatchObject({ gap: true, response: { text: 'Par' } });
  expect(resumePoint(gaping)).toEqual({ responseId: 'r', textOffset: 0, reasoningOffset: 0 });
  expect(apply(gaping, text(3, 'is'))).toMatchObject({ gap: false, response: { text: 'Paris' } });
});

test('any sequence of breaks, resumptions and repetitions gives exactly the text', () => {
  const whole = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
  const sessions = fc.array(
    fc.record({
      // `back`: where the subscription resumes, as a share of the held text. `size`: the length of its pieces.
      // `pieces`: their number before it breaks.
      back: fc.double({ min: 0, max: 1, noNaN: true }),
      size: fc.integer({ min: 1, max: 9 }),
      pieces: fc.integer({ min: 0, max: 30 }),
      repeatLast: fc.boolean(),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(whole, whole, sessions, (answer, thinking, torn) => {
      let state = fromSnapshot(response());
      const follow = (
        kind: typeof text | typeof reasoning,
        source: string,
        from: number,
        size: number,
        most: number,
      ) => {
        let last: ResponseEvent | undefined;
        for (let at = from, count = 0; at < source.length && count < most; at += size, count++) {
          last = kind(at, source.slice(at, at + size));
          state = applyResponseEvent(state, last, count);
        }
        return last;
      };
      for (const { back, size, pieces, repeatLast } of torn) {
        const point = resumePoint(state);
        follow(reasoning, thinking, Math.floor(point.reasoningOffset * back), size, pieces);
        const last = follow(text, answer, Math.floor(point.textOffset * back), size, pieces);
        if (repeatLast && last) state = applyResponseEvent(state, last, 0);
        expect(state.gap).toBe(false);
        expect(answer.startsWith(state.response.text)).toBe(true);
        expect(thinking.startsWith(state.response.reasoning)).toBe(true);
      }
      const point = resumePoint(state);
      follow(reasoning, thinking, point.reasoningOffset, 7, Number.POSITIVE_INFINITY);
      follow(text, answer, point.textOffset, 7, Number.POSITIVE_INFINITY);
      expect(state.response.text).toBe(answer);
      expect(state.response.reasoning).toBe(thinking);
    }),
  );
});

test('the held text is always a beginning of the text and never shrinks, whatever pieces arrive in whatever order', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 80 }),
      fc.array(fc.tuple(fc.nat(80), fc.nat(20)), { maxLength: 60 }),
      (answer, pieces) => {
        let state = fromSnapshot(response());
        for (const [offset, length] of pieces) {
          const at = Math.min(offset, answer.length);
          const before = state.response.text.length;
          state = applyResponseEvent(state, text(at, answer.slice(at, at + length)), 0);
          expect(answer.startsWith(state.response.text)).toBe(true);
          expect(state.response.text.length).toBeGreaterThanOrEqual(before);
          // A gap lasts until a part of the missing text arrives.
          if (at > before) expect(state.gap).toBe(true);
          if (state.response.text.length > before) expect(state.gap).toBe(false);
        }
      },
    ),
  );
});

test('the finished response is taken as it is, and nothing changes it afterwards', () => {
  const final = response({
    status: 'COMPLETED',
    text: 'Paris.',
    usage: { inputTokens: 3, cachedInputTokens: 0, outputTokens: 412, reasoningTokens: 0, estimated: false },
  });
  const state = apply(fromSnapshot(response()), text(0, 'Par'), {
    __typename: 'ResponseFinished',
    responseId: 'r',
    response: final,
  });
  expect(state).toMatchObject({ response: final, outputTokens: 412 });
  expect(isLive(state.response.status)).toBe(false);
  expect(apply(state, text(0, 'Lyon, surely'), text(40, 'x'))).toBe(state);
  expect(withSnapshot(state, response({ status: 'STREAMING', text: 'P' }))).toBe(state);
});

test('a snapshot is taken if it is final, or where one of its texts is further on', () => {
  const state = apply(fromSnapshot(response()), reasoning(0, 'Hmm, capital'), text(0, 'Par'));
  expect(withSnapshot(state, response({ status: 'STREAMING', text: 'P', reasoning: 'H' }))).toBe(state);
  const ahead = withSnapshot(state, response({ status: 'STREAMING', text: 'Paris', reasoning: 'H' }));
  expect(ahead.response).toMatchObject({ text: 'Paris', reasoning: 'Hmm, capital' });
  const final = response({ status: 'STOPPED', text: 'P' });
  expect(withSnapshot(state, final).response).toBe(final);
});

test('a fallback is shown while it happens and after a reload', () => {
  const failure = { code: 'OVERLOADED' as const, message: 'Overloaded', retryable: true };
  const live = apply(fromSnapshot(response()), {
    __typename: 'ResponseFellBack',
    responseId: 'r',
    from: model,
    to: other,
    failure,
  });
  const told = { from: model, to: other, reason: 'Overloaded' };
  expect(live.fallback).toEqual(told);
  const stored = response({
    status: 'COMPLETED',
    servedBy: other,
    attempts: [
      { model, failure },
      { model: other, failure: null },
    ],
  });
  expect(fromSnapshot(stored).fallback).toEqual(told);
});

test('thinking is timed from its first piece to the first piece of the answer', () => {
  const state = [
    [reasoning(0, 'a'), 100],
    [reasoning(1, 'b'), 900],
    [text(0, 'c'), 4100],
    [text(1, 'd'), 5000],
  ].reduce(
    (held, [event, now]) => applyResponseEvent(held, event as ResponseEvent, now as number),
    fromSnapshot(response()),
  );
  expect(state.thought).toEqual({ since: 100, durationMs: 4000 });
});

test('a final answer takes its model when the turn is revealed, and a late reply does not conceal it again', () => {
  const secret = response({ model: standInAt(0), status: 'COMPLETED', text: 'Paris' });
  const revealed = response({ status: 'COMPLETED', text: 'Paris', creditsCharged: 12, usage: null });
  const state = withSnapshot(fromSnapshot(secret), revealed);
  expect(state.response).toEqual(revealed);
  expect(withSnapshot(state, secret)).toBe(state);
  expect(withSnapshot(fromSnapshot(secret), { ...revealed, status: 'STREAMING' }).response).toEqual(secret);
  const live = fromSnapshot(response({ model: standInAt(0), status: 'STREAMING', text: 'Paris is' }));
  const named = withSnapshot(live, response({ status: 'STREAMING', text: 'Paris' }));
  expect(named.response).toMatchObject({ model: { id: 'a/one' }, text: 'Paris is' });
});

test('an image takes the place of the part that stood for it', () => {
  const file = { id: 'f', name: 'tide.png', mediaType: 'image/png', bytes: 9, pages: null };
  const placeholder = { __typename: 'OtherPart', index: 2, kind: 'image' } as const;
  const part = { __typename: 'ImagePart', index: 2, file } as const;
  const state = fromSnapshot(response({ status: 'STREAMING', text: 'Look: ', parts: [placeholder] }));
  const shown = apply(state, { __typename: 'ImageAdded', responseId: 'r', part }, text(6, 'the tide.'));
  expect(shown.response.parts).toEqual([{ __typename: 'TextPart', index: 1, offset: 6 }, part]);
});

test('a server that goes on from less than was seen is believed: no characters of two tellings are mixed', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 9 }),
      (kept, lost, anew, size) => {
        const told = kept + anew;
        let state = apply(fromSnapshot(response()), text(0, kept + lost));
        for (let at = resumePoint(state).textOffset; at < told.length; at += size) {
          state = applyResponseEvent(state, text(at, told.slice(at, at + size)), 0);
        }
        // What was seen beyond the end of the new text stays only where the two are the same so far.
        expect(state.response.text.startsWith(told)).toBe(true);
        if (!(kept + lost).startsWith(told)) expect(state.response.text).toBe(told);
        expect(state.gap).toBe(false);
      },
    ),
  );
});

test('parts that a broken server did not keep make room for those that are written in their place', () => {
  const state = apply(fromSnapshot(response()), text(0, 'Let me see.'), {
    __typename: 'ToolCallChanged',
    responseId: 'r',
    part: callPart(2, 'WRITING'),
  });
  expect(state.response.parts.map(({ __typename }) => __typename)).toEqual(['TextPart', 'ToolCallPart']);
  const anew = apply(state, text(0, 'Let it be.'));
  expect(anew.response).toMatchObject({ text: 'Let it be.', parts: [{ __typename: 'TextPart', index: 1, offset: 0 }] });
});

test('a resumed stream begins a little before the end, and never between the halves of a character', () => {
  const long = `${'x'.repeat(9)}🌊${'y'.repeat(1999)}`;
  expect(resumePoint(fromSnapshot(response({ text: long }))).textOffset).toBe(9);
});

test('a call that has not changed changes nothing', () => {
  const told = (status: 'RUNNING' | 'DONE'): ResponseEvent => ({
    __typename: 'ToolCallChanged',
    responseId: 'r',
    part: callPart(0, status),
  });
  const state = apply(fromSnapshot(response()), told('RUNNING'));
  expect(apply(state, told('RUNNING'))).toBe(state);
  const ended = apply(state, told('DONE'));
  expect(ended.response.parts).toMatchObject([{ status: 'DONE' }]);
});
