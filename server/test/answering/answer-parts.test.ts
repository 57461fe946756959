import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partsOf, type TextKind } from '../../src/domain/answering/answer-parts.ts';
import { createLiveResponses, type LiveResponse, type TextBefore } from '../../src/domain/answering/live-responses.ts';
import { storedResponse } from '../../src/domain/following/readable-response.ts';
import { type News, type PartOffset, ResponseReader } from '../../src/domain/following/response-reader.ts';

const pieces = fc.array(
  fc.record({
    type: fc.constantFrom<TextKind>('text', 'reasoning'),
    // Pieces may be empty or hold half a surrogate pair.
    text: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 4 }), fc.constantFrom('', '\ud83d', '\ude00', 'a\ud83d')),
  }),
  { maxLength: 30 },
);

function open(before?: TextBefore): LiveResponse {
  const of = { turnId: 't', conversationId: 'c', userId: 'u', lane: 0, modelId: 'm', ofNewTurn: true };
  return createLiveResponses().open({ id: 'r', ...of }, before);
}

function stored({ text, reasoning, parts }: LiveResponse) {
  return { text: text.toString(), reasoning: reasoning.toString(), parts };
}

function textsOf(parts: ReturnType<typeof partsOf>, kind: TextKind): string {
  return parts.flatMap((part) => (part.kind === kind && 'text' in part ? part.text : [])).join('');
}

it('the parts of an answer, joined by kind, are its text and its reasoning, and neighbours differ in kind', () => {
  fc.assert(
    fc.property(pieces, (written) => {
      const response = open();
      for (const piece of written) response.append(piece);
      response.endText();
      const parts = partsOf(stored(response));
      expect(textsOf(parts, 'text')).toBe(response.text.toString());
      expect(textsOf(parts, 'reasoning')).toBe(response.reasoning.toString());
      const kinds = parts.map(({ kind }) => kind);
      expect(kinds.filter((kind, index) => kind === kinds[index - 1])).toEqual([]);
    }),
  );
});

it('an answer without stored parts has its reasoning first and then its text', () => {
  expect(partsOf({ text: 'Yes.', reasoning: 'Hm.', parts: null })).toEqual([
    { index: 0, kind: 'reasoning', offset: 0, text: 'Hm.' },
    { index: 1, kind: 'text', offset: 0, text: 'Yes.' },
  ]);
  expect(partsOf({ text: 'Yes.', reasoning: '', parts: null })).toEqual([
    { index: 0, kind: 'text', offset: 0, text: 'Yes.' },
  ]);
  expect(partsOf({ text: '', reasoning: '', parts: null })).toEqual([]);
});

it('no character of the texts is lost, whatever places are stored', () => {
  const places = fc.array(
    fc.record({
      kind: fc.constantFrom<'text' | 'reasoning' | 'hologram'>('text', 'reasoning', 'hologram'),
      by: fc.nat(5),
    }),
  );
  fc.assert(
    fc.property(fc.string(), fc.string(), places, (text, reasoning, steps) => {
      const at = { text: 0, reasoning: 0, hologram: 0 };
      const parts = steps.map(({ kind, by }) => {
        at[kind] += by;
        return { kind, start: at[kind] };
      });
      const seen = partsOf({ text, reasoning, parts });
      expect(textsOf(seen, 'text')).toBe(text);
      expect(textsOf(seen, 'reasoning')).toBe(reasoning);
      expect(seen.filter(({ kind }) => kind === 'hologram')).toHaveLength(
        steps.filter(({ kind }) => kind === 'hologram').length,
      );
    }),
  );
});

it('a reader who joins at any time, leaves and comes back assembles exactly the stored parts', () => {
  fc.assert(
    fc.property(pieces, fc.array(fc.constantFrom('read', 'resume', 'resume by parts', 'wait')), (written, acts) => {
      const response = open();
      const read = new Map<number, { kind: string; text: string }>();
      let reader = new ResponseReader('r', undefined);
      const look = () => {
        const news: News[] = [];
        do reader.read(news);
        while (reader.behind);
        for (const event of news) {
          if (event.type !== 'text' && event.type !== 'reasoning') continue;
          const part = read.get(event.partIndex) ?? { kind: event.type, text: '' };
          expect(part.kind).toBe(event.type);
          read.set(event.partIndex, { kind: part.kind, text: part.text + event.text });
        }
      };
      const start = (resume: { textOffset: number; reasoningOffset: number; parts?: PartOffset[] }) => {
        reader = new ResponseReader('r', { responseId: 'r', ...resume });
        reader.source = response;
      };
      const lengthRead = (of: TextKind) =>
        [...read.values()].reduce((sum, { kind, text }) => sum + (kind === of ? text.length : 0), 0);
      reader.source = response;
      for (const [index, piece] of written.entries()) {
        response.append(piece);
        const act = acts[index];
        if (act === 'read') look();
        if (act === 'resume') start({ textOffset: lengthRead('text'), reasoningOffset: lengthRead('reasoning') });
        if (act === 'resume by parts') {
          const parts = [...read].map(([at, { text }]) => ({ index: at, offset: text.length }));
          start({ textOffset: 0, reasoningOffset: 0, parts });
        }
      }
      response.endText();
      // At the end the reader is served from the database.
      // biome-ignore lint/suspicious/noExplicitAny: storedResponse reads no other columns of the row
      reader.source = storedResponse({ ...stored(response), model_id: 'm', served_by: 'm', attempts: [] } as any);
      look();
      const whole = partsOf(stored(response)).map((part) => [
        part.index,
        { kind: part.kind, text: 'text' in part && part.text },
      ]);
      expect([...read].sort(([one], [other]) => one - other)).toEqual(whole);
    }),
  );
});

it('a continued answer keeps its parts, and its last part grows', () => {
  const before = {
    text: 'Half',
    reasoning: 'Hm.',
    parts: [
      { kind: 'text', start: 0 },
      { kind: 'reasoning', start: 0 },
    ],
  };
  const response = open(before);
  response.append({ type: 'reasoning', text: 'And.' });
  response.append({ type: 'text', text: ' and whole.' });
  response.endText();
  expect(partsOf(stored(response))).toEqual([
    { index: 0, kind: 'text', offset: 0, text: 'Half' },
    { index: 1, kind: 'reasoning', offset: 0, text: 'Hm.\n\nAnd.' },
    { index: 2, kind: 'text', offset: 4, text: ' and whole.' },
  ]);
});
