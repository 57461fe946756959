import { z } from 'zod';
import { toStorable } from '../../../domain/ground/storable-text.ts';
import type { TakenAnswer, TakenFile, TakenTurn } from '../../../ports/conversation-reader.ts';
import { failureCodes, finishReasons } from '../../../ports/language-model.ts';
import { ANSWERS_MAX, FILES_MAX, TEXT_LENGTH_MAX } from '../limits.ts';
import { type EntryFinder, type Note, NotTakenError, type Taken } from '../taken.ts';
import { fieldsOf, listOf } from './fields.ts';
import { requireFewMessages } from './message-tree.ts';
import { tooManyFiles } from './source-files.ts';

const INTEGER_MAX = 2 ** 31 - 1;

const text = z.string().max(TEXT_LENGTH_MAX).transform(toStorable);
const words = z.string().max(10_000).transform(toStorable);
const id = z.string().min(1).max(200);
const modelId = z.string().min(1).max(200).transform(toStorable);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const milliseconds = z.number().int().min(0).max(INTEGER_MAX);
const lane = z.number().int().min(0).max(9999);
const time = z.string().refine((given) => isTime(given), 'is no time as 2026-01-31T12:00:00.000Z');

function isTime(given: string): boolean {
  const year = new Date(given).getUTCFullYear();
  return /^\d{4}-\d\d-\d\dT/.test(given) && year >= 1970 && year <= 9998;
}

const file = z.object({
  name: z.string().min(1).max(255).transform(toStorable),
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex'),
});

const failure = z.object({
  code: z.string().transform((code) => failureCodes.find((known) => known === code) ?? 'INTERNAL'),
  message: words,
});

const part = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text }),
  z.object({ kind: z.literal('reasoning'), text }),
  z.object({ kind: z.literal('image'), file: file.nullable() }),
]);

const call = z.object({
  at: z.number().int().min(0).max(10_000),
  name: z.string().min(1).max(200).transform(toStorable),
  tool: z.string().max(300).transform(toStorable).nullable(),
  status: z.enum(['DONE', 'FAILED', 'REFUSED', 'UNCERTAIN']),
  arguments: text,
  result: text.nullable(),
  durationMs: milliseconds.nullable(),
  creditsCharged: count,
});

const answer = z.object({
  id,
  lane,
  regenerated: z.boolean(),
  model: modelId,
  servedBy: modelId.nullable(),
  status: z.enum(['COMPLETED', 'FAILED', 'STOPPED', 'INTERRUPTED']),
  parts: z.array(part).max(10_000),
  // What was exported before answers called tools has none.
  calls: z.array(call).max(10_000).default([]),
  refusal: text.nullable(),
  citations: z
    .array(z.object({ url: words, title: words.nullable() }))
    .max(10_000)
    // What is no address of the web would be one of the page that shows it.
    .transform((cited) => cited.filter(({ url }) => /^https?:\/\//i.test(url))),
  finishReason: z.enum(finishReasons).nullable(),
  shortenedBy: z.enum(['CREDITS', 'STEPS', 'MINUTES']).nullable(),
  failure: failure.nullable(),
  attempts: z
    .array(z.object({ model: modelId, startedAt: time, durationMs: milliseconds, failure: failure.nullable() }))
    .max(1000),
  usage: z
    .object({
      inputTokens: count,
      cachedInputTokens: count,
      cacheWriteInputTokens: count,
      outputTokens: count,
      reasoningTokens: count,
      estimated: z.boolean(),
    })
    .nullable(),
  creditsHeld: count,
  creditsCharged: count,
  firstTokenMs: milliseconds.nullable(),
  durationMs: milliseconds.nullable(),
  createdAt: time,
  finishedAt: time,
  chosenAt: time.nullable(),
  continues: id.nullable(),
  merge: z
    .object({
      mode: z.enum(['COMBINE', 'COMPARE', 'JUDGE']),
      sources: z.array(id).max(1000),
      instruction: words.nullable(),
    })
    .nullable(),
  mergedWithPrompt: z.boolean(),
  filesSent: z.object({ forms: z.array(z.enum(['NATIVE', 'TEXT']).nullable()).max(1000), leftOut: count }).nullable(),
});

const verdict = z.object({
  kind: z.enum(['BEST', 'TIE', 'ALL_BAD']),
  topic: z.string().max(80).transform(toStorable).nullable(),
  note: z.string().max(2000).transform(toStorable).nullable(),
  blind: z.boolean(),
  unpaced: z.boolean(),
  named: z.boolean(),
  createdAt: time,
  changedAt: time.nullable(),
  contestants: z.array(z.object({ answer: id, lane, model: modelId, best: z.boolean() })).max(1000),
});

const turn = z.object({
  id,
  parent: id.nullable(),
  prompt: text,
  parameters: z.object({
    temperature: z.number().min(0).max(2).optional(),
    topP: z.number().min(0).max(1).optional(),
    maxOutputTokens: z.number().int().min(1).max(INTEGER_MAX).optional(),
  }),
  createdAt: time,
  blind: z.boolean(),
  hidden: z.boolean(),
  revealedAt: time.nullable(),
  unpaced: z.boolean(),
  withMerge: z.boolean(),
  chosen: z.object({ answer: id, lane }).nullable(),
  historyFrom: z.object({ turn: id, lane, answer: id }).nullable(),
  files: z.array(file).max(1000),
  verdict: verdict.nullable(),
  answers: z.array(answer).max(ANSWERS_MAX),
});

const head = z.object({
  id,
  origin: z.string().min(1).max(300).transform(toStorable),
  title: z.string().max(10_000).transform(toStorable),
  titledByUser: z.boolean(),
  pinned: z.boolean(),
  archived: z.boolean(),
  // What was exported before there were folders has none.
  folder: z
    .string()
    .max(100)
    .nullish()
    .transform((name) => (name == null ? null : toStorable(name))),
  systemPrompt: text.nullable(),
  models: z.array(modelId).max(100),
  createdAt: time,
  updatedAt: time,
  activeAt: time,
});

/** Whether a conversation is of an export of Polylogue. */
export function isOwnForm(value: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(value.turns) && typeof value.origin === 'string';
}

/** @throws NotTakenError */
export function takeOwn(value: Readonly<Record<string, unknown>>, entries: EntryFinder): Taken {
  const conversation = checked(head, value, '');
  const files = new Map<string, TakenFile>();
  let notes: readonly Note[] = [];
  const keyOf = ({ name, hash }: z.infer<typeof file>) => {
    const key = `${hash} ${name}`;
    if (files.has(key)) return key;
    if (files.size < FILES_MAX) files.set(key, { key, name, hash, entry: entries.find(`files/${hash}`) });
    else notes = [tooManyFiles];
    return key;
  };
  const given = value.turns as unknown[];
  requireFewMessages(given.reduce<number>((sum, turn) => sum + 1 + listOf(fieldsOf(turn).answers).length, 0));
  const turns = given.map((given, index): TakenTurn => {
    const { files: own, answers, ...rest } = checked(turn, given, `.turns[${index}]`);
    return {
      ...rest,
      parameters: withoutAbsent(rest.parameters),
      files: own.map(keyOf),
      answers: answers.map(
        (one): TakenAnswer => ({
          ...one,
          parts: one.parts.map((its) =>
            its.kind === 'image' ? { kind: 'image', file: its.file && keyOf(its.file) } : its,
          ),
        }),
      ),
    };
  });
  return {
    conversation: { ...conversation, form: 'polylogue' },
    turns: inOrder(turns),
    files: [...files.values()],
    notes,
  };
}

function withoutAbsent(parameters: z.infer<typeof turn>['parameters']): TakenTurn['parameters'] {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  throw new NotTakenError(where + path, issue?.message ?? 'is not as it should be');
}

/** The turns, each behind its parent, as they are wherever they stand so already. @throws NotTakenError */
function inOrder(turns: readonly TakenTurn[]): TakenTurn[] {
  const byId = new Map(turns.map((one) => [one.id, one]));
  if (byId.size < turns.length) throw new NotTakenError('.turns', 'Two turns have the same id.');
  const placed = new Set<string>();
  const ordered: TakenTurn[] = [];
  for (const [index, one] of turns.entries()) {
    const above: TakenTurn[] = [];
    const onTheWay = new Set<string>();
    for (let next: TakenTurn | undefined = one; next && !placed.has(next.id); ) {
      if (onTheWay.has(next.id)) throw new NotTakenError(`.turns[${index}].parent`, 'The turn is its own ancestor.');
      onTheWay.add(next.id);
      above.push(next);
      if (next.parent === null) break;
      if (!byId.has(next.parent)) throw new NotTakenError(`.turns[${index}].parent`, 'There is no such turn.');
      next = byId.get(next.parent);
    }
    for (const its of above.reverse()) {
      placed.add(its.id);
      ordered.push(its);
    }
  }
  return ordered;
}
