import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ContextRequest,
  type FittedContext,
  fitContext,
  type PastTurn,
} from '../../../src/domain/asking/context-window.ts';
import { placedImages } from '../../../src/domain/asking/files/answer-images.ts';
import { placedFiles, promptFiles, type SentFile } from '../../../src/domain/asking/files/placed-files.ts';
import type { Model } from '../../../src/domain/catalogue/catalogue.ts';
import type { StoredMessage } from '../../../src/domain/ground/stored-files.ts';
import { labCatalogue } from '../../credits/catalogue.ts';

const plain = labCatalogue({ plain: {} }).models.get('lab/plain') as Model;
const reading: Model = { ...plain, id: 'lab/reading', name: 'Reading', accepts: ['TEXT'] };
const seeing: Model = { ...plain, id: 'lab/seeing', name: 'Seeing', accepts: ['TEXT', 'IMAGE', 'PDF'] };

let files = 0;

function fileOf(changes: Partial<SentFile> = {}): SentFile {
  files += 1;
  return {
    id: `file ${files}`,
    name: `${files}.png`,
    kind: 'IMAGE',
    media_type: 'image/png',
    bytes: 1_000,
    content_hash: `content ${files}`,
    text_hash: null,
    text_tokens: null,
    text_bytes_max: null,
    pages: null,
    width: 640,
    height: 480,
    ...changes,
  };
}

const text = { text_hash: 'text', text_tokens: 100, text_bytes_max: 400, width: null, height: null };
const pdf = { kind: 'PDF' as const, name: 'report.pdf', media_type: 'application/pdf', pages: 3, ...text };

const formsOf = (sent: SentFile[], model: Model) =>
  promptFiles(sent, model, false).map(({ part }) => part?.form ?? null);

describe('the form of a file', () => {
  it('is the file itself where the model takes such files, else its text, else none', () => {
    const sent = [fileOf(), fileOf(pdf), fileOf({ ...text, kind: 'DOCUMENT' }), fileOf({ ...text, kind: 'TEXT' })];
    expect(formsOf(sent, seeing)).toEqual(['NATIVE', 'NATIVE', 'TEXT', 'TEXT']);
    expect(formsOf(sent, reading)).toEqual([null, 'TEXT', 'TEXT', 'TEXT']);
  });

  it('names model and file where a model that must read it cannot', () => {
    expect(() => promptFiles([fileOf({ id: 'x', name: 'cat.png' })], reading, true)).toThrow(
      expect.objectContaining({
        modelId: 'lab/reading',
        fileId: 'x',
        message: expect.stringMatching(/Reading.*cat\.png/),
      }),
    );
  });

  it('is the text of a PDF that has more pages than a request takes', () => {
    const sent = [fileOf({ ...pdf, pages: 60 }), fileOf({ ...pdf, pages: 60 }), fileOf({ ...pdf, pages: 40 })];
    expect(formsOf(sent, seeing)).toEqual(['NATIVE', 'TEXT', 'NATIVE']);
    expect(formsOf([fileOf({ ...pdf, pages: 101 })], seeing)).toEqual(['TEXT']);
  });

  it('is the text of a PDF that is too large for one request with the others, but those without a text come first', () => {
    const large = { ...pdf, bytes: 11 * 1024 * 1024 };
    const scanned = { ...large, text_hash: null, text_tokens: null, text_bytes_max: null };
    expect(formsOf([fileOf(large), fileOf(large), fileOf()], seeing)).toEqual(['NATIVE', 'TEXT', 'NATIVE']);
    expect(formsOf([fileOf(large), fileOf(scanned)], seeing)).toEqual(['TEXT', 'NATIVE']);
    expect(formsOf([fileOf({ ...large, bytes: 21 * 1024 * 1024 })], seeing)).toEqual(['TEXT']);
  });

  it('is refused if the files of a prompt that have no text are too large together', () => {
    const large = () => fileOf({ bytes: 11 * 1024 * 1024 });
    expect(formsOf([large()], seeing)).toEqual(['NATIVE']);
    expect(() => promptFiles([large(), large()], seeing, true)).toThrow(/too large together/);
    expect(formsOf([large(), large()], seeing)).toEqual(['NATIVE', null]);
    expect(formsOf([large(), large()], reading)).toEqual([null, null]);
  });
});

const request: ContextRequest = {
  system: null,
  turns: [],
  prompt: 'And now?',
  contextWindow: 10_000,
  maxOutputTokens: 1_000,
};

function fitted(changes: Partial<ContextRequest>): Extract<FittedContext, { tooLong: false }> {
  const context = fitContext({ ...request, ...changes });
  if (context.tooLong) throw new Error('It should have fitted');
  return context;
}

const turnWith = (sent: SentFile[], prompt = 'Look at this.'): PastTurn => ({
  prompt,
  files: placedFiles(sent, seeing),
  answer: 'Seen.',
});

const namesIn = (messages: readonly StoredMessage[]) =>
  messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'storedFile' ? part.name : [])));

const linesIn = (messages: readonly StoredMessage[]) =>
  messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'text' ? (part.text.match(/\[[^\]]* left out\]/g) ?? []) : [])),
  );

describe('fitContext with files', () => {
  it('sends files in their places, before the text of their prompt', () => {
    const turns = [turnWith([fileOf({ name: 'a.png' }), fileOf({ ...pdf, name: 'b.pdf' })])];
    const { messages, files: sent } = fitted({
      contextWindow: 100_000,
      turns,
      files: promptFiles([fileOf({ ...text, kind: 'TEXT', name: 'c.csv' })], seeing, true),
    });
    const shapes = messages.map(({ role, parts }) => [
      role,
      ...parts.map((part) => (part.type === 'storedFile' ? part.name : part.type === 'text' ? part.text : '')),
    ]);
    expect(shapes).toEqual([
      ['user', 'a.png', 'b.pdf', 'Look at this.'],
      ['assistant', 'Seen.'],
      ['user', 'c.csv', '\n\nAnd now?'],
    ]);
    expect(sent).toEqual({ forms: ['TEXT'], leftOut: 0 });
  });

  it('leaves out the oldest images first, and a line keeps the place of each', () => {
    const turns = ['a', 'b', 'c'].map((name) => turnWith([fileOf({ name: `${name}.png`, width: 2048, height: 2048 })]));
    const { likely } = turns[0]?.files?.[0]?.part?.tokens ?? { likely: 0 };
    const { messages, dropped, files: sent } = fitted({ turns, contextWindow: 1_000 + 2 * likely + 600 });
    expect(dropped).toBe(0);
    expect(namesIn(messages)).toEqual(['b.png', 'c.png']);
    expect(linesIn(messages)).toEqual(['[image a.png left out]']);
    expect(sent.leftOut).toBe(1);
  });

  it('keeps the images of the last turn where a long conversation fills the window', () => {
    const filler = 'The quick brown fox jumps over the lazy dog. '.repeat(20);
    const long = Array.from({ length: 60 }, () => turnWith([fileOf({ name: 'old.png' })], filler));
    const { messages, dropped } = fitted({ turns: [...long, turnWith([fileOf({ name: 'new.png' })])] });
    expect(dropped).toBeGreaterThan(0);
    expect(namesIn(messages)).toEqual(['new.png']);
  });

  it('never leaves out a file of the new prompt: what does not fit is too long', () => {
    const sent = promptFiles([fileOf({ ...text, kind: 'TEXT', text_tokens: 9_000 })], seeing, true);
    expect(fitContext({ ...request, files: sent })).toMatchObject({ tooLong: true, inputTokensAllowed: 9_000 });
  });

  it('tells what a model that need not read a file was not sent', () => {
    const context = fitted({ files: promptFiles([fileOf({ name: 'a.png' })], reading, false) });
    expect(context.files.forms).toEqual([null]);
    expect(linesIn(context.messages)).toEqual(['[image a.png left out]']);
  });

  const answerWith = (names: string[]): PastTurn => ({
    prompt: 'Draw.',
    answer: 'A hill. Done.',
    images: placedImages(
      names.map((name) => ({ at: 7, file: fileOf({ name, width: 2048, height: 2048 }) })),
      seeing,
    ),
  });

  it('sends the images of answers in their places, and leaves out the oldest with those of prompts', () => {
    const turns = [
      answerWith(['a.png']),
      turnWith([fileOf({ name: 'b.png', width: 2048, height: 2048 })]),
      answerWith(['c.png']),
    ];
    const { likely } = turns[1]?.files?.[0]?.part?.tokens ?? { likely: 0 };
    const all = fitted({ turns, contextWindow: 100_000 });
    expect(namesIn(all.messages)).toEqual(['a.png', 'b.png', 'c.png']);
    expect(all.messages[1]?.parts).toMatchObject([{ text: 'A hill.' }, { name: 'a.png' }, { text: ' Done.' }]);
    const fewer = fitted({ turns, contextWindow: 1_000 + 2 * likely + 600 });
    expect(namesIn(fewer.messages)).toEqual(['b.png', 'c.png']);
    expect(fewer.messages[1]?.parts).toEqual([{ type: 'text', text: 'A hill.\n\n[image]\n\n Done.' }]);
    expect(fewer.files.leftOut).toBe(1);
  });

  it('sends the images of an answer that is to go on before those of earlier turns', () => {
    const { images } = answerWith(['own.png']);
    const { likely } = images?.[0]?.part?.tokens ?? { likely: 0 };
    const turns = [answerWith(['earlier.png'])];
    const { messages } = fitted({
      turns,
      answerSoFar: 'A hill.',
      imagesSoFar: images,
      contextWindow: 1_000 + likely + 600,
    });
    expect(namesIn(messages)).toEqual(['own.png']);
  });

  const anyFile = fc.record({
    kind: fc.constantFrom('IMAGE' as const, 'PDF' as const, 'DOCUMENT' as const, 'TEXT' as const),
    tokens: fc.integer({ min: 0, max: 3_000 }),
    pages: fc.option(fc.integer({ min: 1, max: 120 })),
    bytes: fc.integer({ min: 0, max: 20 * 1024 * 1024 }),
    hasText: fc.boolean(),
  });
  type AnyFile = typeof anyFile extends fc.Arbitrary<infer File> ? File : never;
  const anyTurn = fc.record({
    files: fc.array(anyFile, { maxLength: 4 }),
    length: fc.integer({ min: 1, max: 2_000 }),
    isAnswered: fc.boolean(),
    images: fc.array(fc.record({ at: fc.integer({ min: 0, max: 9 }), isGone: fc.boolean() }), { maxLength: 3 }),
  });

  it('stays within the window, bounds what is billed, and counts each file as sent or left out', () => {
    const toFile = ({ kind, tokens, pages, bytes, hasText }: AnyFile) =>
      fileOf({
        kind,
        pages: kind === 'PDF' ? pages : null,
        bytes,
        ...((hasText || kind === 'TEXT' || kind === 'DOCUMENT') && {
          text_hash: 'text',
          text_tokens: tokens,
          text_bytes_max: 4 * tokens,
        }),
      });
    fc.assert(
      fc.property(
        fc.array(anyTurn, { maxLength: 8 }),
        fc.array(anyFile, { maxLength: 3 }),
        fc.integer({ min: 100, max: 40_000 }),
        fc.constantFrom(seeing, reading),
        (past, own, contextWindow, model) => {
          const turns = past.map(({ files: sent, length, isAnswered, images }) => ({
            prompt: 'x '.repeat(length),
            files: placedFiles(sent.map(toFile), model),
            answer: isAnswered ? 'y y y y y' : null,
            images: placedImages(
              images
                .filter(() => isAnswered)
                .map(({ at, isGone }) => ({ at, file: isGone ? null : fileOf() }))
                .sort((one, other) => one.at - other.at),
              model,
            ),
          }));
          const ownFiles = placedFiles(own.map(toFile), model);
          const context = fitContext({ ...request, turns, files: ownFiles, contextWindow, maxOutputTokens: 50 });
          if (context.tooLong) return;
          const { messages, inputTokens, inputTokensMax } = context;
          expect(inputTokens + context.maxOutputTokens).toBeLessThanOrEqual(contextWindow);
          const parts = messages.flatMap((message) => message.parts);
          const stored = parts.filter((part) => part.type === 'storedFile');
          const bytes = parts.reduce((sum, part) => sum + (part.type === 'text' ? Buffer.byteLength(part.text) : 0), 0);
          expect(inputTokensMax).toBeGreaterThanOrEqual(
            bytes + stored.reduce((sum, { tokens }) => sum + tokens.most, 0),
          );
          const all = turns.reduce((sum, turn) => sum + turn.files.length + turn.images.length, 0);
          const ownSent = context.files.forms.filter((form) => form !== null).length;
          expect(stored).toHaveLength(all - context.files.leftOut + ownSent);
          expect(context.files.forms).toEqual(ownFiles.map(({ part }) => part?.form ?? null));
          expect(messages.map(({ role }) => role)).toEqual(
            messages.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
