import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { failureCodes, finishReasons } from '../../src/ports/language-model.ts';
import type { ToldAnswer, ToldFile } from '../../src/ports/told-conversation.ts';

const base = Date.UTC(2025, 2, 1);
const at = (ms: number) => new Date(base + ms).toISOString();
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
  fc.constantFrom('# Title\n\n```ts\nlet a = "</script>";\n```', 'Zwölf Boxkämpfer 🥊', 'a\u0000b\ud800c'),
);
const word = fc.stringMatching(/^[a-z]{1,12}$/);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const modelId = fc.tuple(fc.constantFrom('mock', 'gone'), word).map((parts) => parts.join('/'));
const count = fc.integer({ min: 0, max: 2 ** 40 });
const ms = fc.integer({ min: 0, max: 1_000_000 });

/** Files with bytes that are kept as they are. */
export const fileContents: readonly Buffer[] = ['What I noted.', 'name;sum\nAda;12\n'].map((content) =>
  Buffer.from(content),
);
const files: ToldFile[] = fileContents.map((content, index) => ({
  name: `notes-${index}.txt`,
  mediaType: 'text/plain',
  kind: 'TEXT',
  bytes: content.length,
  hash: createHash('sha256').update(content).digest('hex'),
  pages: null,
  width: null,
  height: null,
}));

const part = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text }),
  fc.record({ kind: fc.constant('reasoning' as const), text }),
);

const call = fc.record({
  name: word,
  tool: maybe(word.map((name) => `mcp/1/${name}`)),
  status: fc.constantFrom('DONE' as const, 'FAILED' as const, 'REFUSED' as const, 'UNCERTAIN' as const),
  arguments: text,
  result: maybe(text),
  durationMs: maybe(ms),
  creditsCharged: count,
});

const answer = fc.record({
  model: modelId,
  servedBy: maybe(modelId),
  status: fc.constantFrom('COMPLETED' as const, 'FAILED' as const, 'STOPPED' as const, 'INTERRUPTED' as const),
  parts: fc.array(part, { maxLength: 4 }),
  calls: fc.array(fc.tuple(fc.nat(4), call), { maxLength: 3 }),
  refusal: maybe(text),
  citations: fc.array(fc.record({ url: word.map((path) => `https://example.org/${path}`), title: maybe(text) }), {
    maxLength: 2,
  }),
  finishReason: maybe(fc.constantFrom(...finishReasons)),
  shortenedBy: maybe(fc.constant('CREDITS' as const)),
  failure: maybe(fc.record({ code: fc.constantFrom(...failureCodes), message: text })),
  usage: maybe(
    fc.record({
      inputTokens: count,
      cachedInputTokens: count,
      cacheWriteInputTokens: count,
      outputTokens: count,
      reasoningTokens: count,
      estimated: fc.boolean(),
    }),
  ),
  charged: count,
  firstTokenMs: maybe(ms),
  durationMs: maybe(ms),
  chosen: fc.boolean(),
  fallsBack: fc.boolean(),
});

const turn = fc.record({
  parent: fc.nat(100),
  prompt: text,
  parameters: fc.record(
    {
      temperature: fc.constantFrom(0, 0.7, 2),
      topP: fc.constantFrom(0.1, 1),
      maxOutputTokens: fc.integer({ min: 1, max: 5000 }),
    },
    { requiredKeys: [] },
  ),
  revealed: fc.boolean(),
  lanes: fc.array(fc.array(answer, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
  goesOn: fc.boolean(),
  merged: fc.boolean(),
  files: fc.subarray(files),
  verdict: maybe(fc.record({ kind: fc.constantFrom('BEST', 'TIE', 'ALL_BAD'), topic: maybe(word), note: maybe(word) })),
});

const conversation = fc.record({
  title: word,
  titledByUser: fc.boolean(),
  pinned: fc.boolean(),
  archived: fc.boolean(),
  folder: maybe(fc.constantFrom('Work', 'Garden')),
  systemPrompt: maybe(text),
  models: fc.array(modelId, { maxLength: 3 }),
  turns: fc.array(turn, { maxLength: 6 }),
});

/** Documents of the form of an export: conversations with branches, lanes, versions, merges, files and verdicts. */
export const toldDocument = fc.array(conversation, { minLength: 1, maxLength: 3 }).map((conversations) => ({
  format: 'polylogue.conversations',
  version: 1,
  conversations: conversations.map(({ turns, ...rest }, index) => ({
    id: `c${index}`,
    origin: `elsewhere:${index}`,
    ...rest,
    createdAt: at(0),
    updatedAt: at(5),
    activeAt: at(7),
    turns: turns.map((given, place) => toldTurn(given, place, turns)),
  })),
}));

type Given = typeof turn extends fc.Arbitrary<infer T> ? T : never;

function toldTurn(given: Given, place: number, turns: readonly Given[]) {
  const parentPlace = place === 0 ? -1 : (given.parent % (place + 1)) - 1;
  const answers = given.lanes.flatMap((versions, lane) =>
    versions.map((one, version) => toldAnswer(one, { place, lane, version, given })),
  );
  const above = parentPlace < 0 ? undefined : turns[parentPlace];
  const blind = given.revealed;
  return {
    id: `t${place}`,
    parent: parentPlace < 0 ? null : `t${parentPlace}`,
    prompt: given.prompt,
    parameters: given.parameters,
    createdAt: at(place * 1000),
    blind,
    hidden: false,
    revealedAt: blind ? at(place * 1000 + 900) : null,
    unpaced: false,
    withMerge: given.merged,
    chosen: answers[0] ? { answer: answers[0].id, lane: answers[0].lane } : null,
    historyFrom:
      given.goesOn && above && above.lanes.length > 0
        ? { turn: `t${parentPlace}`, lane: 0, answer: `a${parentPlace}.0.0` }
        : null,
    files: given.files,
    verdict: given.verdict && {
      ...given.verdict,
      blind,
      unpaced: false,
      named: false,
      createdAt: at(place * 1000 + 950),
      changedAt: null,
      contestants: answers.map(({ id, lane, model }) => ({ answer: id, lane, model, best: lane === 0 })),
    },
    answers,
  };
}

function toldAnswer(
  { charged, chosen, fallsBack, ...one }: typeof answer extends fc.Arbitrary<infer T> ? T : never,
  { place, lane, version, given }: { place: number; lane: number; version: number; given: Given },
): ToldAnswer {
  const isMerge = given.merged && lane > 0 && lane === given.lanes.length - 1;
  return {
    id: `a${place}.${lane}.${version}`,
    lane,
    regenerated: version > 0,
    ...one,
    calls: one.calls.map(([at, its]) => ({ at: Math.min(at, one.parts.length), ...its })).sort((a, b) => a.at - b.at),
    attempts: fallsBack
      ? [
          {
            model: 'gone/first',
            startedAt: at(place * 1000),
            durationMs: 12,
            failure: { code: 'OVERLOADED', message: 'Too busy.' },
          },
        ]
      : [],
    creditsHeld: charged + 5,
    creditsCharged: charged,
    createdAt: at(place * 1000 + version * 10),
    finishedAt: at(place * 1000 + version * 10 + 5),
    chosenAt: chosen ? at(place * 1000 + 500 + version) : null,
    continues: version > 0 && fallsBack ? `a${place}.${lane}.${version - 1}` : null,
    merge: isMerge ? { mode: 'COMBINE', sources: [`a${place}.0.0`], instruction: 'Be short.' } : null,
    mergedWithPrompt: isMerge && version === 0,
    filesSent: given.files.length > 0 ? { forms: given.files.map(() => 'TEXT' as const), leftOut: 1 } : null,
  };
}

/** The document as it is stored: without what Postgres cannot keep, and with pieces of one kind in a row joined as they were. */
export function asStored<T>(document: T): T {
  const storable = (value: string) => value.toWellFormed().replaceAll('\0', '\ufffd');
  return JSON.parse(JSON.stringify(document, (_key, value) => (typeof value === 'string' ? storable(value) : value)));
}
